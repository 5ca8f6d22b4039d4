"""One answer for all who ask the same at once, such as the leaderboard after the last match of the evening."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Generic, TypeVar

from service import deadline

Wanted = TypeVar("Wanted", bound=Hashable)
T = TypeVar("T")
# How an answer is found, for all that is wanted of it.
Find = Callable[[Collection[Wanted]], Awaitable[T]]


class Turn(Generic[Wanted, T]):
    """One answer to be found: for whom, what they want of it, and when the last of them will have given up."""

    __slots__ = ("ends_at", "find", "parts", "wanted")

    def __init__(self, find: Find[Wanted, T]) -> None:
        self.find = find
        self.wanted: set[Wanted] = set()
        self.parts: list[asyncio.Future[T]] = []
        self.ends_at = 0.0


class Sharing(Generic[Wanted, T]):
    """Finds an answer once at a time, however many want it: a page that everyone opens takes one connection.

    Nobody is given what was read before they asked: who comes while an answer is being found has a part in the next.
    """

    def __init__(self) -> None:
        self._next: dict[Hashable, Turn[Wanted, T]] = {}
        # What is being found: by whoever asked, or by a task for those who have a part in it.
        self._finding: dict[Hashable, asyncio.Task[None] | None] = {}

    async def take_part(self, question: Hashable, wanted: Wanted, find: Find[Wanted, T]) -> T:
        """What `find` gives, called after this was, by us or by another who asked the same.

        What fails in company is tried once more alone: who shares with many fails no more often for it.
        """
        if question not in self._finding:
            return await self._alone(question, wanted, find)
        try:
            return await self._part(question, wanted, find)
        except Exception:  # noqa: BLE001 - alone it is raised, if it was not the company's
            return await find((wanted,))

    async def _alone(self, question: Hashable, wanted: Wanted, find: Find[Wanted, T]) -> T:
        self._finding[question] = None
        try:
            return await find((wanted,))
        finally:
            if question in self._next:
                self._finding[question] = asyncio.create_task(self._take_turns(question))
            else:
                del self._finding[question]

    def _part(self, question: Hashable, wanted: Wanted, find: Find[Wanted, T]) -> asyncio.Future[T]:
        """A part of one's own in the next answer: who gives up takes it from nobody else."""
        turn = self._next.get(question)
        if turn is None:
            turn = self._next[question] = Turn(find)
        turn.wanted.add(wanted)
        # All have the same time, so that the last to come is the last to give up.
        turn.ends_at = deadline.ends_at()
        part: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        turn.parts.append(part)
        return part

    async def _take_turns(self, question: Hashable) -> None:
        # Once it is taken out it may be read: who asks from then on has the next one.
        while turn := self._next.pop(question, None):
            tell = await _found(turn)
            for part in turn.parts:
                if not part.done():
                    tell(part)
            # They answer first, and whoever has asked by then has a part: so a crowd stays together.
            await asyncio.sleep(0)
        del self._finding[question]


async def _found(turn: Turn[Wanted, T]) -> Callable[[asyncio.Future[T]], None]:
    """What is to be said to those who have a part in it."""
    left_s = deadline.left_until(turn.ends_at)
    try:
        # No longer than one of them is there: what nobody waits for must not reach the database.
        with deadline.within(left_s):
            async with asyncio.timeout(left_s):
                answer = await turn.find(turn.wanted)
    except Exception as error:  # noqa: BLE001 - it is raised where it was asked
        failure = error
        return lambda part: part.set_exception(failure)
    return lambda part: part.set_result(answer)
