"""Who asks the same at once has a part in one answer, and in none that was found before they asked."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import deadline
from service.sharing import Sharing

FOREVER_S = 600.0


class Board:
    """Something that changes; to read it takes until the test says so."""

    def __init__(self) -> None:
        self.edition = 0
        self.reading: list[asyncio.Future[None]] = []
        self._sharing = Sharing[None, int]()

    async def _read(self) -> int:
        deadline.check()
        found, done = self.edition, asyncio.get_running_loop().create_future()
        self.reading.append(done)
        try:
            await done
        finally:
            self.reading.remove(done)
        return found

    def asked(self, page: int = 1, within_s: float = FOREVER_S) -> asyncio.Task[int]:
        """Somebody who asks, and has so long for it."""

        async def ask() -> int:
            with deadline.within(within_s):
                return await self._sharing.take_part(page, None, lambda _: self._read())

        return asyncio.create_task(ask())

    async def answer(self) -> None:
        self.reading[0].set_result(None)
        await settle()

    async def fail(self) -> None:
        self.reading[0].set_exception(OSError("gone"))
        await settle()


async def settle() -> None:
    """Let everyone go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(["ask", "change", "answer", "first gives up", "last gives up"]), max_size=40))
def test_nobody_is_given_what_was_read_before_they_asked(moves: list[str]) -> None:
    """However they follow one another; one is read at a time, and whoever stays is answered."""

    async def run() -> None:
        board = Board()
        asked: list[tuple[int, asyncio.Task[int]]] = []
        for move in [*moves, *["answer"] * len(moves)]:
            if move == "ask":
                asked.append((board.edition, board.asked()))
            elif move == "change":
                board.edition += 1
            elif move == "answer" and board.reading:
                await board.answer()
            elif move.endswith("gives up") and asked:
                asked.pop(0 if move.startswith("first") else -1)[1].cancel()
            await settle()
            assert len(board.reading) <= 1
        for edition, task in asked:
            assert task.done()
            assert await task >= edition

    asyncio.run(run())


def test_a_crowd_takes_two_readings() -> None:
    """The first asks alone, all who come meanwhile have the next one together, and who comes during that none of it."""

    async def run() -> None:
        board = Board()
        first, *crowd = [board.asked() for _ in range(100)]
        await settle()
        board.edition += 1
        await board.answer()
        board.edition += 1
        late = board.asked()
        await settle()
        for _ in range(2):
            await board.answer()
        assert not board.reading
        assert [await task for task in (first, *crowd, late)] == [0, *[1] * 99, 2]

    asyncio.run(run())


def test_another_question_waits_for_none() -> None:
    """Only who asks the same shares, or waits."""

    async def run() -> None:
        board = Board()
        tasks = [board.asked(page) for page in range(3)]
        await settle()
        assert len(board.reading) == 3
        for done in board.reading:
            done.set_result(None)
        await asyncio.gather(*tasks)

    asyncio.run(run())


@pytest.mark.parametrize("leaver", range(3))
def test_who_gives_up_takes_it_from_nobody(leaver: int) -> None:
    """Neither who asks alone, nor the first nor another one of those who have a part."""

    async def run() -> None:
        board = Board()
        tasks = [board.asked() for _ in range(3)]
        await settle()
        tasks.pop(leaver).cancel()
        await settle()
        while board.reading:
            await board.answer()
        assert [await task for task in tasks] == [0, 0]

    asyncio.run(run())


def test_what_fails_in_company_is_tried_once_more_alone() -> None:
    """Each of them then succeeds or fails for themselves, and who asks next asks anew."""

    async def run() -> None:
        board = Board()
        alone, unlucky, lucky = [board.asked() for _ in range(3)]
        await settle()
        await board.answer()
        await board.fail()
        assert len(board.reading) == 2
        await board.fail()
        await board.answer()
        with pytest.raises(OSError, match="gone"):
            await unlucky
        again = board.asked()
        await settle()
        await board.answer()
        assert [await task for task in (alone, lucky, again)] == [0, 0, 0]

    asyncio.run(run())


def test_it_is_found_while_anyone_is_there() -> None:
    """Longer than the first of them has time, and no longer than the last."""

    async def run() -> None:
        board = Board()
        alone, hurried, patient = board.asked(), board.asked(within_s=0.0), board.asked(within_s=0.05)
        await settle()
        await board.answer()
        assert len(board.reading) == 1
        for task in (hurried, patient):
            with pytest.raises(TimeoutError):
                await task
        assert not board.reading
        assert await alone == 0

    asyncio.run(run())


def test_nothing_is_asked_for_those_who_have_given_up() -> None:
    """A statement after their time would reach a schema that nobody has looked at for them."""

    async def run() -> None:
        board = Board()
        alone, late = board.asked(), board.asked(within_s=0.0)
        await settle()
        await board.answer()
        assert not board.reading
        with pytest.raises(deadline.DeadlineOverError):
            await late
        assert await alone == 0

    asyncio.run(run())
