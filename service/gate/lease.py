"""How long this process may go on serving without having asked the database again."""

import time
from collections.abc import Callable
from functools import partial

Clock = Callable[[], float]


# Seconds on a clock that no one sets, and that goes on while the machine sleeps. Each request looks thrice.
boottime: Clock = partial(time.clock_gettime, time.CLOCK_BOOTTIME)


class Lease:
    """This process's own, shorter copy of the lease in its row of ledger_reader.

    It begins before the round that renewed it was sent, and ends a margin before the row does.
    """

    def __init__(self, lease_s: float, margin_s: float, clock: Clock = boottime) -> None:
        self._length_s = lease_s - margin_s
        self.now = clock
        self._ends_at = float("-inf")

    @property
    def remaining_s(self) -> float:
        """Seconds until it ends; zero where it has, or never began."""
        return max(0.0, self._ends_at - self.now())

    @property
    def holds(self) -> bool:
        return self.now() < self._ends_at

    def renewed(self, sent_at: float) -> None:
        """Count from `sent_at`; a round that was overtaken by a later one shortens nothing."""
        self._ends_at = max(self._ends_at, sent_at + self._length_s)

    def gave_up(self) -> None:
        """End it now: the row is going to be deleted."""
        self._ends_at = float("-inf")
