"""Moves a database to a target: sessions, reconnects, and the proof on a new connection that it arrived."""

from collections.abc import Callable, Sequence
from contextlib import closing

import psycopg2
import sqlalchemy as sa

from db.contract.ledger import Snapshot
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import listed, missing
from db.runner.environment import load
from db.runner.fence import HeldBack
from db.runner.outcome import Outcome
from db.runner.scripts import MIGRATIONS
from db.runner.session import Job, Session, opened
from db.runner.sqlstate import Meaning, meaning
from db.runner.steps import Steps

RECONNECTS = 5
_LSN = "SELECT pg_catalog.pg_current_wal_lsn()::text"


def move(job: Job, targets: Sequence[str], before: Snapshot) -> Outcome:
    """Apply what is pending up to `targets`; a live reader in the way ends it with 80."""

    def once(_: Session, steps: Steps) -> None:
        try:
            steps.apply(targets)
        except HeldBack as held:
            raise Refusal(
                ExitCode.READERS,
                f"revision {steps.revision} takes away what live readers use: {held}",
                "Deploy a release between the two first, so that these readers leave",
            ) from held

    return in_sessions(job, targets, before, once)


def in_sessions(
    job: Job, targets: Sequence[str], before: Snapshot, work: Callable[[Session, Steps], None]
) -> Outcome:
    """Do `work` in a session, and in a new one where the connection was lost; then prove where it led.

    A lost connection loses the lock with it, and whether its last COMMIT arrived is read, never guessed.
    """
    scripts = load(MIGRATIONS)
    attempts = 0
    for connects in range(1, RECONNECTS + 1):
        try:
            with opened(job) as session:
                steps = Steps(session, scripts)
                try:
                    work(session, steps)
                finally:
                    attempts += 1 + steps.tries
            return _arrived(job, targets, before, attempts)
        except (sa.exc.DBAPIError, psycopg2.Error) as error:
            if meaning(error) is not Meaning.RECONNECT or connects == RECONNECTS:
                raise
            job.report("connection.lost", "the connection was lost; connecting again", connects=connects)
            job.stop.wait(min(2.0**connects / 10, 2.0))
    raise AssertionError("the last attempt returns or raises")


def _arrived(job: Job, targets: Sequence[str], before: Snapshot, attempts: int) -> Outcome:
    """Read on a new connection what is there now; raises Refusal with 70 where it is not what was reported."""
    with closing(job.connect()) as connection, connection.cursor() as cursor:
        after, judgement = job.judge(connection)
        cursor.execute(_LSN)
        (lsn,) = cursor.fetchone() or (None,)
    lacking = missing(after, job.image, job.image.closure(targets))
    if lacking or after.found != frozenset(after.ledger_heads or ()):
        raise Refusal(
            ExitCode.INTERNAL,
            f"every step reported success, and a new connection finds {listed(after.found)}"
            f" with {listed(lacking)} missing",
            "Does a revision commit, or roll back, by itself?",
        )
    applied = [id_ for id_ in job.image.revisions if id_ in after.applied - before.applied]
    return Outcome(
        "applied" if applied else "nothing",
        ExitCode.DONE,
        f"applied {', '.join(applied)}" if applied else judgement.what,
        found=before.heads or (),
        expected=job.image.heads,
        applied=applied,
        attempts=attempts,
        lsn=lsn,
    )
