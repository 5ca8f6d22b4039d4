"""Ends what takes too long, as asyncio.timeout does, with one timer for all that have the same time."""

import asyncio
from types import TracebackType

from service import deadline


class TimeLimit:
    """Gives each block `seconds`, after which it asks the database nothing more, and is ended.

    The first to begin is the first to be over, so that one timer watches them all.

    A timer of its own for each request costs more than all that the request asks of this module.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.loop: asyncio.AbstractEventLoop | None = None  # of all its blocks, once there was one
        self.ends: dict[Limited, float] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None

    def block(self) -> "Limited":
        """A block of the task at hand, for one `with`; TimeoutError where it was ended."""
        return Limited(self)

    def begin(self, block: "Limited") -> None:
        loop = self.loop = self.loop or block.task.get_loop()
        self.ends[block] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_later(self.seconds, self._end_the_overdue, loop)

    def _end_the_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        while self.ends:
            block, ends_at = next(iter(self.ends.items()))
            if ends_at > loop.time():
                self._timer = loop.call_at(ends_at, self._end_the_overdue, loop)
                return
            del self.ends[block]
            block.is_over = True
            block.task.cancel()


class Limited:
    """One block of one task."""

    __slots__ = ("_asking", "_cancelling", "_limit", "is_over", "task")

    def __init__(self, limit: TimeLimit) -> None:
        self._limit = limit

    def __enter__(self) -> None:
        # Without its loop, asyncio would ask the kernel each time which process this is.
        task = asyncio.current_task(self._limit.loop)
        if task is None:
            raise RuntimeError("only a task can be ended")
        self._asking = deadline.begin(self._limit.seconds)
        self.task, self._cancelling, self.is_over = task, task.cancelling(), False
        self._limit.begin(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        deadline.end(self._asking)
        self._limit.ends.pop(self, None)
        # Who else cancelled the task, such as a server that ends, goes before us.
        if self.is_over and self.task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
