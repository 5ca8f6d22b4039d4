"""Moves a database to a target: sessions, reconnects, and the proof on a new connection that it arrived."""

from collections.abc import Callable, Sequence
from contextlib import closing

from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import listed, missing
from db.runner.direction import Direction, Up
from db.runner.environment import Scripts
from db.runner.fence import HeldBack, InTheWay
from db.runner.job import Job
from db.runner.outcome import Outcome
from db.runner.overtaken import Overtaken
from db.runner.plan import UPGRADE, demand_approved
from db.runner.session import Session, invalid_indexes, opened
from db.runner.steps import Steps
from db.runner.upgrade import nothing
from db.runner.watch import bounded
from db.runner.wire import Connection

_LSN = "SELECT pg_catalog.pg_current_wal_lsn()::text"


def move(job: Job, targets: Sequence[str], connection: Connection) -> Outcome:
    """Apply over `connection` what is pending up to `targets`; a live reader in the way ends it with 80."""
    direction = Up(tuple(targets))
    return in_session(
        job,
        targets,
        lambda steps: take(job, steps, direction, _RELEASE_BETWEEN),
        connection=connection,
    )


_RELEASE_BETWEEN = "Deploy a release between the two first, so that these readers leave"


def take(job: Job, steps: Steps, direction: Direction, remedy: str) -> None:
    """Take the steps of `direction`; raises Refusal with 80 and `remedy` where a live reader is in the way."""
    while True:
        try:
            return steps.take(direction)
        except HeldBack as held:
            job.report(
                "fence.held",
                f"{direction.operation} {steps.tries.revision} is held back: {held}",
                revision=steps.tries.revision,
                blockers=held.blockers,
            )
            if held.passes_in_s is None:
                raise InTheWay(
                    f"{direction.operation} {steps.tries.revision} takes away what live readers use: {held}",
                    remedy,
                    steps.tries.revision,
                    held.blockers,
                ) from held
            # Once, and for one lease at most: whoever is alive has registered again by then.
            job.stop.wait(held.passes_in_s)


def in_session(
    job: Job,
    targets: Sequence[str],
    work: Callable[[Steps], None],
    command: str = UPGRADE,
    connection: Connection | None = None,
) -> Outcome:
    """Do `work`, as a part of `command`, behind the lock; then prove on a new connection where it led."""
    scripts = job.known.scripts()
    # Before the lock, where nothing is written yet; then behind it, where nothing can change any more.
    demand_before(job, scripts, command)
    with opened(job, connection) as session:
        if not job.image.known.issuperset(session.judgement.found):
            # A newer release was faster. Its own runs do what is left, since its scripts are not here.
            return nothing(session.judgement)
        _begin_approved(session, scripts, command)
        steps = Steps(session, scripts)
        work(steps)
        if left := invalid_indexes(session.connection, job.history) - session.invalid:
            raise Refusal(
                ExitCode.MIGRATION,
                f"a concurrent build left {', '.join(sorted(left))} INVALID",
                "`python -m db verify` has the SQL that mends it",
            )
    return _arrived(job, targets, attempts=1 + steps.tries.repeated)


def demand_before(job: Job, scripts: Scripts, command: str) -> None:
    """Raise Refusal with 85 where another plan was approved than what `command` would apply now."""
    if _is_demanded(job):
        with closing(job.connect()) as connection:
            demand_approved(job, connection, scripts, command)


def _is_demanded(job: Job) -> bool:
    # What this run has applied so far was a part of the plan.
    return bool(job.settings.approved_plan) and not job.trace.applied


def _begin_approved(session: Session, scripts: Scripts, command: str) -> None:
    """Demand it where nothing can change any more, and write it down: a run that dies is followed by one like it."""
    if not _is_demanded(session.job):
        return
    approved = session.job.settings.approved_plan
    if plan := demand_approved(session.job, session.connection, scripts, command):
        with (
            bounded(session.job, session.connection, "writing the approval"),
            session.connection.cursor() as cursor,
        ):
            session.ledger.event(cursor, "approve", None, digest=approved, parts=plan)


def _arrived(job: Job, targets: Sequence[str], *, attempts: int) -> Outcome:
    """Read on a new connection what is there now; raises Refusal with 70 where it is not what was reported."""
    with closing(job.connect()) as connection, connection.cursor() as cursor:
        after, judgement = job.judge(connection)
        cursor.execute(_LSN)
        (lsn,) = cursor.fetchone() or (None,)
    if after.found != frozenset(after.ledger_heads or ()):
        raise Overtaken
    if lacking := missing(after, job.image, job.image.closure(targets)):
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
