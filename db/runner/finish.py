"""`finish`: applies what no code relies on (backfills, then contracts), when no reader is in the way any more."""

import time
from collections.abc import Sequence
from contextlib import closing

from db.contract.lineage import Revision
from db.contract.readers import Reader, in_the_way_of
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import Judgement, missing
from db.runner.fence import Fence, HeldBack, InTheWay
from db.runner.job import Job, refuse_half_undone, refuse_unfit
from db.runner.outcome import Outcome
from db.runner.upgrade import NOTHING_TO_UPGRADE, nothing

LOOK_EVERY_S = 2.0
SAY_EVERY_S = 30.0


class Budget:
    """The one deadline of a run of finish, and how often it says that it waits."""

    def __init__(self, wait_s: float) -> None:
        self._deadline = time.monotonic() + wait_s
        self._say_at = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether the run has waited for as long as it was told to."""
        return time.monotonic() > self._deadline

    @property
    def is_time_to_say(self) -> bool:
        """Whether it is a while since this was last true."""
        if time.monotonic() < self._say_at:
            return False
        self._say_at = time.monotonic() + SAY_EVERY_S
        return True


def finish(job: Job, soak_s: float, wait_s: float) -> Outcome:
    """Apply everything this image knows, once nobody needs what goes.

    `soak_s`: for how long nobody in the way must have been seen; `wait_s`: how long to wait for that, in all.
    Raises Refusal with 75 where `upgrade` did not reach its point, 80 where readers stayed in the way, 85 where another
    plan was approved.
    """
    budget = Budget(wait_s)
    return job.while_connections_are_lost(lambda: _finish(job, soak_s, budget))


def _finish(job: Job, soak_s: float, budget: Budget) -> Outcome:
    judgement, pending = _wait_for_upgrade(job, budget)
    if not pending or not job.image.known.issuperset(judgement.found):
        # Where a newer release stands already, its own finish does what is left.
        return nothing(judgement, job.trace.applied)
    # Before it soaks, which may take long.
    _demand_approved(job)
    job.trace.steps = len(job.trace.applied) + len(pending)
    for revision in pending:
        outcome = _apply(job, revision, soak_s, budget)
    return outcome


def _demand_approved(job: Job) -> None:
    if job.settings.approved_plan:
        from db.runner.move import demand_before
        from db.runner.plan import FINISH

        demand_before(job, job.known.scripts(), FINISH)


def _apply(job: Job, revision: Revision, soak_s: float, budget: Budget) -> Outcome:
    # As in upgrade.py: only a run that has something to do imports Alembic.
    from db.runner.direction import Up
    from db.runner.move import in_session
    from db.runner.plan import FINISH

    up = Up((revision.revision,))
    while True:
        if revision.breaks:
            _soak(job, revision, soak_s, budget)
        try:
            # The lock is held for one revision, never while waiting: a newer release must get through.
            return in_session(job, up.targets, lambda steps: steps.take(up), FINISH)
        except HeldBack as held:
            # Someone registered between the look and the lock.
            _say_held(job, revision, held)


def _wait_for_upgrade(job: Job, budget: Budget) -> tuple[Judgement, list[Revision]]:
    with closing(job.connect()) as connection:
        while True:
            database, judgement = job.judge(connection)
            refuse_unfit(database, judgement, job.image)
            refuse_half_undone(database)
            if judgement.standing in NOTHING_TO_UPGRADE:
                lacking = missing(database, job.image, job.image.known)
                return judgement, [row for id_, row in job.image.revisions.items() if id_ in lacking]
            if budget.is_spent:
                raise Refusal(
                    ExitCode.TEMPORARY, judgement.what, "Let `upgrade` end well, then run finish again"
                )
            if budget.is_time_to_say:
                job.report("finish.waiting", f"waiting for the upgrade: {judgement.what}")
            job.stop.wait(LOOK_EVERY_S)


def _soak(job: Job, revision: Revision, soak_s: float, budget: Budget) -> None:
    """Return once nobody in the way of `revision` was seen for `soak_s`."""
    fence = Fence(job.history, job.settings)

    def select(readers: Sequence[Reader]) -> Sequence[Reader]:
        return in_the_way_of(revision.breaks, readers, job.image)

    quiet_since = time.monotonic()
    said: set[str] | None = None
    with closing(job.connect()) as connection:
        while True:
            held = fence.look(connection, select)
            now = time.monotonic()
            if held is not None:
                quiet_since = now
            elif now - quiet_since >= soak_s:
                return
            names = {blocker.partition(" (")[0] for blocker in held.blockers} if held else set()
            if names != said or (held and budget.is_time_to_say):
                said = names
                _say_held(job, revision, held) if held else _say_soaking(job, revision, soak_s)
            if budget.is_spent:
                raise InTheWay(
                    f"revision {revision.revision} takes away what live readers use: {held or 'seen a moment ago'}",
                    "Let the rollout end, so that these readers leave; then run finish again",
                    revision.revision,
                    held.blockers if held else (),
                )
            job.stop.wait(min(LOOK_EVERY_S, max(soak_s - (now - quiet_since), 0.05)))


def _say_held(job: Job, revision: Revision, held: HeldBack) -> None:
    what = f"{revision.revision} is held back: {held}"
    job.report("fence.held", what, revision=revision.revision, blockers=held.blockers)


def _say_soaking(job: Job, revision: Revision, soak_s: float) -> None:
    what = f"nobody is in the way of {revision.revision}, which has to stay so for {soak_s:.0f} s"
    job.report("finish.soaking", what, revision=revision.revision, soak_s=soak_s)
