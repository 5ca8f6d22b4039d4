"""Who asks the same at once has a part in one answer, and in none that was found before they asked."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import deadline
from service.sharing import Sharing

FOREVER_S = 600.0


class Board:
    """Something that changes; to read it takes until the test says so."""

    def __init__(self) -> None:
        self.edition = 0
        self.reading: list[tuple[int, asyncio.Future[None]]] = []

    async def read(self) -> int:
        found, done = self.edition, asyncio.get_running_loop().create_future()
        self.reading.append((found, done))
        await done
        return found


async def settle() -> None:
    """Let everyone go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


@given(st.lists(st.sampled_from(["ask", "change", "answer"]), max_size=30))
def test_nobody_is_given_what_was_read_before_they_asked(moves: list[str]) -> None:
    """However questions, changes and answers follow one another; and one is read at a time."""

    async def run() -> None:
        board, sharing = Board(), Sharing[int](FOREVER_S)
        asked: list[tuple[int, asyncio.Task[int]]] = []
        for move in [*moves, *["answer"] * len(moves)]:
            if move == "ask":
                asked.append((board.edition, asyncio.create_task(sharing.take_part("page", board.read))))
            elif move == "change":
                board.edition += 1
            elif board.reading:
                board.reading.pop()[1].set_result(None)
            await settle()
            assert len(board.reading) <= 1
        for edition, task in asked:
            assert await task >= edition

    asyncio.run(run())


def shared(body: Callable[[Board, Sharing[int]], Coroutine[None, None, None]]) -> None:
    asyncio.run(body(Board(), Sharing[int](FOREVER_S)))


def test_a_crowd_takes_two_readings() -> None:
    """The first asks alone, and all who come meanwhile have the next one together."""

    async def body(board: Board, sharing: Sharing[int]) -> None:
        first = asyncio.create_task(sharing.take_part("page", board.read))
        await settle()
        crowd = [asyncio.create_task(sharing.take_part("page", board.read)) for _ in range(100)]
        await settle()
        for _ in range(2):
            board.edition += 1
            board.reading.pop()[1].set_result(None)
            await settle()
        assert not board.reading
        assert [await task for task in (first, *crowd)] == [0, *[1] * 100]

    shared(body)


def test_another_question_waits_for_none() -> None:
    """Only who asks the same shares, or waits."""

    async def body(board: Board, sharing: Sharing[int]) -> None:
        tasks = [asyncio.create_task(sharing.take_part(page, board.read)) for page in range(3)]
        await settle()
        assert len(board.reading) == 3
        for _, done in board.reading:
            done.set_result(None)
        await asyncio.gather(*tasks)

    shared(body)


def test_who_gives_up_takes_it_from_nobody() -> None:
    """Neither who asked first nor who came later."""

    async def body(board: Board, sharing: Sharing[int]) -> None:
        first = asyncio.create_task(sharing.take_part("page", board.read))
        second = asyncio.create_task(sharing.take_part("page", board.read))
        await settle()
        first.cancel()
        await settle()
        assert first.cancelled()
        board.reading.pop()[1].set_result(None)
        assert await second == 0

    shared(body)


def test_a_failure_is_told_to_those_who_shared_it() -> None:
    """Each of them raises it, and who asks next asks anew."""

    async def body(board: Board, sharing: Sharing[int]) -> None:
        tasks = [asyncio.create_task(sharing.take_part("page", board.read)) for _ in range(3)]
        await settle()
        board.reading.pop()[1].set_exception(OSError("gone"))
        for task in tasks:
            with pytest.raises(OSError, match="gone"):
                await task
        again = asyncio.create_task(sharing.take_part("page", board.read))
        await settle()
        board.reading.pop()[1].set_result(None)
        assert await again == 0

    shared(body)


def test_it_ends_by_its_own_time() -> None:
    """Whatever is left of the first one's, and no later than anyone's who joined at its start."""

    async def run() -> None:
        sharing = Sharing[int](0.05)

        async def ask() -> int:
            deadline.check()
            return 1

        with deadline.within(0.0):
            assert await sharing.take_part("page", ask) == 1
        with pytest.raises(TimeoutError):
            await sharing.take_part("page", Board().read)

    asyncio.run(run())
