"""One answer for all who ask the same at once, such as the leaderboard after the last match of the evening."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from service import deadline

T = TypeVar("T")


class Sharing(Generic[T]):
    """Finds an answer once at a time, however many want it: a page that everyone opens takes one connection.

    Nobody is given what was read before they asked: who comes while an answer is being found has a part in the next.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._running: dict[Hashable, asyncio.Task[T]] = {}
        self._next: dict[Hashable, asyncio.Task[T]] = {}

    async def take_part(self, question: Hashable, find: Callable[[], Awaitable[T]]) -> T:
        """What `find` gives, ours or that of another who asked the same, called after this was; or TimeoutError."""
        turn = self._next.get(question)
        if turn is None:
            turn = asyncio.create_task(self._turn(question, find, self._running.get(question)))
            self._next[question] = turn
        # Whoever gives up takes it from nobody else.
        return await asyncio.shield(turn)

    async def _turn(
        self, question: Hashable, find: Callable[[], Awaitable[T]], before: asyncio.Task[T] | None
    ) -> T:
        if before is not None:
            await asyncio.wait([before])
        # From here on it may be read: whoever asks now has the next turn.
        self._running[question] = self._next.pop(question)
        try:
            # Its own time: of those who share it, the first may have little left.
            with deadline.within(self._within_s):
                async with asyncio.timeout(self._within_s):
                    return await find()
        finally:
            del self._running[question]
