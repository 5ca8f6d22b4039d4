"""Moves a database to a target: sessions, reconnects, and the proof on a new connection that it arrived."""

from collections.abc import Callable, Sequence
from contextlib import closing

from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import listed, missing
from db.runner.fence import HeldBack
from db.runner.outcome import Outcome
from db.runner.session import Job, Session, opened
from db.runner.steps import Steps
from db.runner.upgrade import nothing

_LSN = "SELECT pg_catalog.pg_current_wal_lsn()::text"


def move(job: Job, targets: Sequence[str]) -> Outcome:
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

    return in_session(job, targets, once)


def in_session(job: Job, targets: Sequence[str], work: Callable[[Session, Steps], None]) -> Outcome:
    """Do `work` behind the lock, then prove on a new connection where it led."""
    scripts = job.known.scripts()
    with opened(job) as session:
        if not job.image.known.issuperset(session.judgement.found):
            # A newer release was faster. Its own runs do what is left, since its scripts are not here.
            return nothing(session.judgement)
        steps = Steps(session, scripts)
        work(session, steps)
    return _arrived(job, targets, attempts=1 + steps.tries)


def _arrived(job: Job, targets: Sequence[str], *, attempts: int) -> Outcome:
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
    # What another run applied while this one waited for the lock is in that run's outcome.
    applied = job.trace.applied
    return Outcome(
        "applied" if applied else "nothing",
        ExitCode.DONE,
        f"applied {', '.join(applied)}" if applied else judgement.what,
        found=job.trace.found,
        expected=job.image.heads,
        applied=applied,
        attempts=attempts,
        lsn=lsn,
    )
