"""`upgrade --accept-drift`: a person says that an applied revision's edited script is the same revision still."""

from collections.abc import Sequence
from contextlib import closing

from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import edited, listed
from db.runner import lock
from db.runner.job import Job
from db.runner.record import Ledger

_ACCEPT = """
UPDATE {schema}.ledger_revision SET digests = digests || %s::text WHERE history = {history} AND revision = %s
"""


def accept(job: Job, revisions: Sequence[str]) -> None:
    """Add this image's digest to the rows of `revisions`; what was applied stays on record before it.

    Raises Refusal with 64 for a revision that was not edited: an acceptance must not wait for its drift.
    """
    ledger = Ledger(job.history, job.settings)
    with (
        closing(job.connect()) as connection,
        lock.held(connection, job.history, job.settings.lock_budget_s, job.stop, job.report),
    ):
        database, _ = job.judge(connection)
        if not_edited := set(revisions) - {row.revision for row in edited(database, job.image)}:
            raise Refusal(
                ExitCode.USAGE,
                f"{listed(not_edited)} was not edited since it was applied",
                "Accept what the refusal named, and nothing else",
            )
        with connection, connection.cursor() as cursor:
            for revision in revisions:
                digest = job.image.revisions[revision].digest
                cursor.execute(job.history.fill(_ACCEPT), (digest, revision))
                ledger.event(cursor, "accept-drift", revision, digest=digest)
            ledger.moved(cursor)
    job.report("drift.accepted", f"{listed(revisions)} counts as applied as its script is now")
