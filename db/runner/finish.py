"""`finish`: applies what no code relies on (backfills, then contracts), when no reader is in the way any more."""

import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from db.contract.ledger import Snapshot
from db.contract.lineage import Clause
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import Judgement, Standing, missing
from db.runner.fence import HeldBack
from db.runner.outcome import Outcome
from db.runner.session import Job, Session, refuse_unfit
from db.runner.upgrade import nothing

if TYPE_CHECKING:
    from db.runner.steps import Steps

LOOK_EVERY_S = 2.0
SAY_EVERY_S = 30.0


class Budget:
    """The one deadline of a run of finish."""

    def __init__(self, wait_s: float) -> None:
        self._deadline = time.monotonic() + wait_s

    @property
    def is_spent(self) -> bool:
        """Whether the run has waited for as long as it was told to."""
        return time.monotonic() > self._deadline


def finish(job: Job, soak_s: float, wait_s: float) -> Outcome:
    """Apply everything this image knows, once nobody needs what goes.

    `soak_s`: for how long nobody in the way must have been seen; `wait_s`: how long to wait for that, in all.
    Raises Refusal with 75 where `upgrade` did not reach its point, 80 where readers stayed in the way.
    """
    budget = Budget(wait_s)

    def once() -> Outcome:
        database, judgement = _wait_for_upgrade(job, budget)
        pending = missing(database, job.image, job.image.known)
        if not pending and not job.trace.applied:
            return nothing(judgement)
        # As in upgrade.py: only a run that has something to do imports Alembic.
        from db.runner.move import in_session

        def work(session: Session, steps: "Steps") -> None:
            # One revision after the other: what waits for readers must not hold up the backfill before it.
            for id_ in job.image.revisions:
                if id_ in pending:
                    _apply_one(session, steps, id_, soak_s, budget)

        return in_session(job, job.image.heads, work)

    return job.while_connections_are_lost(once)


def _wait_for_upgrade(job: Job, budget: Budget) -> tuple[Snapshot, Judgement]:
    said = 0.0
    with closing(job.connect()) as connection:
        while True:
            database, judgement = job.judge(connection)
            refuse_unfit(database, judgement, job.image)
            if judgement.standing in {Standing.AT_HEAD, Standing.UNFINISHED, Standing.AHEAD}:
                return database, judgement
            if budget.is_spent:
                raise Refusal(
                    ExitCode.TEMPORARY, judgement.what, "Let `upgrade` end well, then run finish again"
                )
            if time.monotonic() - said > SAY_EVERY_S:
                said = time.monotonic()
                job.report("finish.waiting", f"waiting for the upgrade: {judgement.what}")
            job.stop.wait(LOOK_EVERY_S)


def _apply_one(session: Session, steps: "Steps", id_: str, soak_s: float, budget: Budget) -> None:
    clauses = session.job.image.revisions[id_].breaks
    while True:
        if clauses:
            _soak(session, id_, clauses, soak_s, budget)
        try:
            steps.apply([id_])
        except HeldBack as held:
            # Someone registered between the look and the lock.
            session.job.report(
                "fence.held", f"{id_} is held back: {held}", revision=id_, blockers=held.blockers
            )
        else:
            return


def _soak(session: Session, id_: str, clauses: Sequence[Clause], soak_s: float, budget: Budget) -> None:
    """Return once nobody in the way of `clauses` was seen for `soak_s`."""
    job, quiet_since, said = session.job, time.monotonic(), 0.0
    while True:
        blockers = session.fence.look(session.connection, clauses)
        now = time.monotonic()
        if blockers:
            quiet_since = now
        elif now - quiet_since >= soak_s:
            return
        if budget.is_spent:
            raise Refusal(
                ExitCode.READERS,
                f"revision {id_} takes away what live readers use: {'; '.join(blockers) or 'seen a moment ago'}",
                "Let the rollout end, so that these readers leave; then run finish again",
            )
        if blockers and now - said > SAY_EVERY_S:
            said = now
            job.report(
                "fence.held", f"{id_} is held back: {'; '.join(blockers)}", revision=id_, blockers=blockers
            )
        job.stop.wait(min(LOOK_EVERY_S, max(soak_s - (now - quiet_since), 0.05)))
