"""What must be true of a history before anyone connects: each breach is a sentence with the revision in it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from db.contract.lineage import Lineage, Phase, Revision
from db.contract.refusal import ExitCode, Refusal

LONGEST_ID = 32  # alembic_version.version_num


def demand(revisions: Iterable[Revision], *, several_heads: bool = False) -> Lineage:
    """The lineage of `revisions`; raises Refusal with 65 that names everything wrong with them."""
    revisions = tuple(revisions)
    problems = list(_problems(revisions))
    if not problems:
        lineage = Lineage.of(revisions)
        problems = list(_problems_of(lineage, several_heads=several_heads))
    if problems:
        raise Refusal(
            ExitCode.SCRIPTS,
            "the revision scripts are not a history that can be applied: " + "; ".join(problems),
            "Correct the scripts, run scripts/lock, and build the image again",
        )
    return lineage


def _problems(revisions: tuple[Revision, ...]) -> Iterator[str]:
    if not revisions:
        yield "there is no revision"
    known: set[str] = set()
    for id_, times in Counter(revision.revision for revision in revisions).items():
        if times > 1:
            yield f"{id_} is there {times} times"
        if not id_ or len(id_) > LONGEST_ID or ":" in id_:
            yield f"{id_} is not an id of 1 to {LONGEST_ID} characters without ':'"
        known.add(id_)
    for revision in revisions:
        for parent in revision.down_revisions + revision.depends_on:
            if parent not in known:
                yield f"{revision.revision} stands on {parent}, which is not there"


def _problems_of(lineage: Lineage, *, several_heads: bool) -> Iterator[str]:
    if len(lineage.heads) > 1 and not several_heads:
        yield f"there are {len(lineage.heads)} heads ({', '.join(lineage.heads)}): merge them"
    try:
        TopologicalSorter({id_: revision.parents for id_, revision in lineage.revisions.items()}).prepare()
    except CycleError as error:
        yield f"{' below '.join(error.args[1])} is a cycle"
    for revision in lineage.revisions.values():
        yield from _problems_of_one(revision, lineage)


def _problems_of_one(revision: Revision, lineage: Lineage) -> Iterator[str]:
    id_ = revision.revision
    if len(revision.down_revisions) > 1:
        for parent in revision.down_revisions:
            others = [other for other in revision.down_revisions if other != parent]
            if parent in lineage.closure(others):
                yield f"{id_} merges {parent}, on which another of its parents stands already"
    if revision.phase is Phase.CONTRACT and not revision.breaks:
        yield f"{id_} is a contract and does not say what it breaks"
    named = {end for clause in revision.breaks for end in (clause.since, clause.until)} - {None, id_}
    # Asked only of those that name another one: a walk down from each of hundreds takes its time.
    below = lineage.closure([id_]) if named else {id_}
    for clause in revision.breaks:
        for end in filter(None, (clause.since, clause.until)):
            if end not in below:
                yield f"{id_} breaks {clause}, and {end} is neither itself nor below it"
