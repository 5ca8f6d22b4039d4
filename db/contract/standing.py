"""How a database stands to an image: a word for every case, a reason, and what to do."""

from collections.abc import Iterable
from enum import StrEnum

from db.contract.ledger import Row, Snapshot, State
from db.contract.lineage import Lineage
from db.contract.value import Value


class Standing(StrEnum):
    """The first of these that fits, in this order."""

    EMPTY = "empty"  # no version and no table
    UNVERSIONED = "unversioned"  # tables, and no version
    STALE = "stale"  # the ledger does not describe what alembic_version holds
    FOREIGN = "foreign"  # a revision nobody explains, or one of mine with another content
    DIVERGED = "diverged"  # it has what I do not know, and lacks what I need
    BROKEN = "broken"  # what was taken away is something my code uses
    BEHIND = "behind"  # a required revision of mine is not applied
    UNFINISHED = "unfinished"  # only revisions of mine that nothing relies on are missing
    AT_HEAD = "at_head"  # found is expected
    AHEAD = "ahead"  # more is applied than I know, and nothing of it breaks me


class Judgement(Value):
    """A standing with all that an error message, a probe or a page needs to say about it."""

    standing: Standing
    ready: bool
    found: tuple[str, ...]
    expected: tuple[str, ...]
    what: str  # what was found, and what was expected
    remedy: str  # what to do; empty where all is well
    revision: str | None = None  # the one that decided it, where one did

    @property
    def reason(self) -> str:
        """What was found, what was expected, and what to do."""
        return f"{self.what}: {self.remedy}" if self.remedy else self.what


def judge(database: Snapshot, image: Lineage) -> Judgement:
    """Judge `database` for the code of `image`; pure, and the same in the Job and in the gate."""
    answer = _standing(database, image)
    ready = answer.standing in {Standing.UNFINISHED, Standing.AT_HEAD, Standing.AHEAD}
    if answer.standing is Standing.STALE:
        ready = _equal(database, image)
    return Judgement(
        answer.standing, ready, database.heads or (), image.heads, answer.what, answer.remedy, answer.revision
    )


def missing(database: Snapshot, image: Lineage, among: Iterable[str]) -> frozenset[str]:
    """Which of `among` the ledger does not count as applied; a baseline counts when all it replaces is."""

    def is_there(id_: str) -> bool:
        if id_ in database.applied:
            return True
        replaced = image.revisions[id_].replaces if id_ in image.revisions else ()
        return bool(replaced) and all(map(is_there, replaced))

    return frozenset(id_ for id_ in among if id_ in image.revisions and not is_there(id_))


def to_come(database: Snapshot, image: Lineage) -> frozenset[str]:
    """What runs of this image would apply; where the ledger is stale, alembic_version is what counts."""
    if _is_stale(database):
        return image.known - image.closure(database.found)
    return missing(database, image, image.known)


def edited(database: Snapshot, image: Lineage) -> tuple[Row, ...]:
    """The applied revisions whose content is neither what this image holds nor was accepted as such."""
    return tuple(
        row
        for id_, row in sorted(database.rows.items())
        if row.digests and id_ in image.revisions and image.revisions[id_].digest not in row.digests
    )


def breaking(database: Snapshot, known: frozenset[str]) -> Row | None:
    """The row that breaks code which contains exactly `known`, if one does; every state of a row counts."""
    for _, row in sorted(database.rows.items()):
        if any(clause.breaks(known) for clause in row.breaks):
            return row
    return None


def listed(revisions: Iterable[str]) -> str:
    """Revisions as a sentence names them."""
    return ", ".join(sorted(revisions)) or "no revision"


class _Answer(Value):
    standing: Standing
    what: str
    remedy: str = ""
    revision: str | None = None


def _standing(database: Snapshot, image: Lineage) -> _Answer:
    if not database.found:
        return _without_version(database)
    if _is_stale(database):
        return _without_ledger(database, image)
    if rows := edited(database, image):
        return _edited(rows[0])
    return _by_ledger(database, image)


def _is_stale(database: Snapshot) -> bool:
    """Whether no ledger describes what alembic_version holds."""
    return database.ledger_heads is None or set(database.ledger_heads) != database.found


def _without_version(database: Snapshot) -> _Answer:
    # A history that went back to its base, or shares the schema with another one, is known by its ledger.
    if database.ledger_heads == () or not database.has_tables:
        return _Answer(Standing.EMPTY, "the database is empty", "run the Job of this release")
    return _Answer(
        Standing.UNVERSIONED,
        "the database has tables and no version",
        "say which revision they are at, once, with `python -m db stamp REVISION`",
    )


def _without_ledger(database: Snapshot, image: Lineage) -> _Answer:
    at = f"the database is at {listed(database.found)}"
    expects = f"this image expects {listed(image.heads)}"
    unknown = database.found - image.known
    if database.ledger_heads is not None:
        ledger = f"has a ledger for {listed(database.ledger_heads)}"
    elif unknown:
        return _Answer(
            Standing.FOREIGN,
            f"{at}, where nothing explains {listed(unknown)}, {expects}",
            "is this its database? If so, deploy the release that brought the revision",
            min(unknown),
        )
    else:
        ledger = "has no ledger"
    return _Answer(
        Standing.STALE, f"{at} and {ledger}, {expects}", "run the newest release's Job, which reconciles them"
    )


def _edited(row: Row) -> _Answer:
    return _Answer(
        Standing.FOREIGN,
        f"revision {row.revision} was applied{_by(row)} with another content than this image holds",
        "restore its script as it was, and put the change into a new revision",
        row.revision,
    )


def _by_ledger(database: Snapshot, image: Lineage) -> _Answer:
    at = f"the database is at {listed(database.found)}, this image expects {listed(image.heads)}"
    unknown = database.rows.keys() - image.known
    needs = missing(database, image, image.required)
    if unknown and needs:
        return _Answer(
            Standing.DIVERGED,
            f"{at}; it lacks {listed(needs)} and has {listed(unknown)}, which this image does not know",
            "release from a branch that has both",
            min(needs),
        )
    if row := breaking(database, image.known):
        return _Answer(
            Standing.BROKEN,
            f"{at}; revision {row.revision}{_by(row)} takes away what this image uses",
            "deploy a newer release",
            row.revision,
        )
    if needs:
        what = f"{at}; {listed(needs)} to come"
        return _Answer(Standing.BEHIND, what, "run the Job of this release", min(needs))
    if trailing := missing(database, image, image.known):
        return _Answer(Standing.UNFINISHED, f"{at}; only {listed(trailing)} to come, which no code relies on")
    if unknown:
        return _Answer(Standing.AHEAD, f"{at}; it stands ahead, and compatible")
    return _Answer(Standing.AT_HEAD, at)


def _equal(database: Snapshot, image: Lineage) -> bool:
    """Whether the version says what the image expects, and nobody announced that it is about to be otherwise."""
    announced = any(row.state is not State.APPLIED for row in database.rows.values())
    return not announced and database.found <= image.known and image.closure(database.found) == image.known


def _by(row: Row) -> str:
    by = f" by release {row.release}" if row.release else ""
    at = f" at {row.applied_at:%Y-%m-%d %H:%M}Z" if row.applied_at and row.state is State.APPLIED else ""
    return by + at
