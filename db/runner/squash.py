"""A baseline in the place of the revisions that it replaces: adopted where all of them are applied."""

from collections.abc import Sequence

from db.contract.ledger import State
from db.contract.lineage import Revision
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import listed
from db.runner.job import Job
from db.runner.record import Ledger
from db.runner.version import Move
from db.runner.wire import Connection


def adopt(job: Job, connection: Connection, ledger: Ledger) -> Sequence[str]:
    """Let alembic_version name the baselines whose revisions are all applied; answers which ones that were.

    The rows of what was replaced stay: images from before the squash count on them. Raises Refusal with 79 where
    only some of them are applied, since the scripts that would apply the rest are gone.
    """
    database, _ = job.judge(connection)
    adopted = []
    for baseline in job.image.revisions.values():
        inside = database.found & set(baseline.replaces)
        if not inside:
            continue
        if lacking := set(baseline.replaces) - database.applied:
            raise Refusal(
                ExitCode.NOT_FOR_THIS_IMAGE,
                f"the database is at {listed(inside)}; the baseline {baseline.revision} holds {listed(lacking)} too",
                "Apply the last release that still has their scripts first",
            )
        move = Move(database.found, database.found - inside | {baseline.revision})
        _adopt(job, connection, ledger, baseline, move)
        adopted.append(baseline.revision)
    return adopted


def _adopt(job: Job, connection: Connection, ledger: Ledger, baseline: Revision, move: Move) -> None:
    with connection, connection.cursor() as cursor:
        ledger.write(cursor, baseline, State.APPLIED, source="stamp", move=move)
        ledger.event(cursor, "squash", baseline.revision, replaces=list(baseline.replaces))
    job.report("squash", f"{baseline.revision} stands for {listed(baseline.replaces)} now")
