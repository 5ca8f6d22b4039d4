"""How long a step goes on trying for a lock: short tries, growing pauses, and an end.

A try that waits stops everybody behind it in the lock's queue, so it waits less than readers notice (50 ms: see
docs/benchmarks.md), and never without a limit. It waits longer the next time where it met others: many short
transactions end within a longer try, and a long one ends within none.
"""

import time
from collections.abc import Collection

from db.runner.jitter import between
from db.runner.settings import RunnerSettings

GROWTH = 1.2
PAUSE_S = (0.1, 5.0)
DEADLOCKS = 5


class Patience:
    """The tries of one step."""

    def __init__(self, settings: RunnerSettings) -> None:
        self._limit_ms = float(settings.lock_timeout_ms)
        self._longest_ms = float(settings.lock_timeout_max_ms)
        self._deadline = time.monotonic() + settings.lock_budget_s
        self._pause_s = PAUSE_S[0]
        self._deadlocks = 0
        self._met: frozenset[str] = frozenset()
        self.lasting: frozenset[str] = frozenset()  # the transactions that two tries have met
        self.tries = 0

    @property
    def lock_timeout_ms(self) -> int:
        """How long the next try may queue."""
        return int(self._limit_ms)

    def pause_s(self, sqlstate: str | None, transactions: Collection[str] = ()) -> float | None:
        """How long to pause after a try that ended with `sqlstate`; None where it was the last one.

        `transactions` are those that were seen in its way, if anybody was looking.
        """
        self.tries += 1
        self._deadlocks += sqlstate == "40P01"
        pause = between(self._pause_s / 2, self._pause_s)
        if self._deadlocks >= DEADLOCKS or time.monotonic() + pause > self._deadline:
            return None
        if met := frozenset(transactions):
            self.lasting, self._met = self._met & met, met
        if not self.lasting:
            self._limit_ms = min(self._limit_ms * GROWTH, self._longest_ms)
        self._pause_s = min(self._pause_s * 2, PAUSE_S[1])
        return pause
