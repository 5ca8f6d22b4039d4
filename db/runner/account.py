"""The account of each step, for who looks on and for the audit."""

import time

from db.contract.lineage import Revision
from db.runner.direction import Direction
from db.runner.job import Job
from db.runner.record import Event
from db.runner.tries import Tries


class Account:
    """One step of `direction` after the other."""

    def __init__(self, job: Job, direction: Direction, tries: Tries) -> None:
        self._job = job
        self._operation = direction.operation
        self._tries = tries
        self._began = 0.0

    def begin(self, revision: Revision, number: int) -> None:
        """Say that it begins, as the run's `number`th."""
        self._job.report(
            "step.begin",
            f"{self._operation} {revision.revision} ({revision.phase})",
            revision=revision.revision,
            number=number,
            of=self._job.trace.steps,
        )
        self._began = time.monotonic()

    def event(self, revision: Revision) -> tuple[int, Event]:
        """How long it took, in milliseconds, and what the audit keeps of it."""
        duration_ms = round((time.monotonic() - self._began) * 1000)
        detail = {
            "duration_ms": duration_ms,
            "lock_wait_ms": self._tries.lock_wait_ms,
            "tries": self._tries.number,
            "blockers": self._tries.blockers,
        }
        return duration_ms, Event(self._operation, revision.revision, detail)

    def end(self, revision: Revision, duration_ms: int) -> None:
        """Say that it has ended."""
        self._job.report(
            "step.end",
            f"{self._operation} {revision.revision} took {duration_ms} ms",
            revision=revision.revision,
            duration_ms=duration_ms,
        )
