"""A block ends by its own work or when its time is over, and by nothing else, as asyncio.timeout has it."""

import asyncio

import pytest

from service.time_limit import TimeLimit

FOREVER_S = 600.0


def test_what_is_in_time_is_left_alone() -> None:
    """A block that ends before its time ends as it would have without."""

    async def run() -> str:
        with TimeLimit(FOREVER_S).block():
            await asyncio.sleep(0)
            return "done"

    assert asyncio.run(run()) == "done"


def test_what_takes_too_long_is_ended() -> None:
    """TimeoutError, and the task goes on after it as one that nobody cancelled."""

    async def run() -> int:
        task = asyncio.current_task()
        assert task
        for _ in range(3):
            with pytest.raises(TimeoutError), TimeLimit(0.01).block():
                await asyncio.Event().wait()
            await asyncio.sleep(0)
        return task.cancelling()

    assert asyncio.run(run()) == 0


def test_each_of_many_is_ended_at_its_own_time() -> None:
    """One timer looks after all: those that began later end later, and who was in time is not touched."""

    async def one(limit: TimeLimit, number: int, ended: list[int]) -> None:
        try:
            with limit.block():
                await (asyncio.sleep(0) if number % 2 else asyncio.Event().wait())
        except TimeoutError:
            ended.append(number)

    async def run() -> list[int]:
        limit, ended = TimeLimit(0.02), list[int]()
        tasks = []
        for number in range(10):
            tasks.append(asyncio.create_task(one(limit, number, ended)))
            await asyncio.sleep(0.005)
        await asyncio.wait_for(asyncio.gather(*tasks), FOREVER_S)
        return ended

    assert asyncio.run(run()) == [0, 2, 4, 6, 8]


def test_a_block_after_a_pause_is_watched_as_the_first() -> None:
    """Where there was nothing to watch for a while, the next block has its time, no less and no more."""

    async def run() -> None:
        limit = TimeLimit(0.01)
        with limit.block():
            pass
        await asyncio.sleep(0.03)
        with pytest.raises(TimeoutError), limit.block():
            await asyncio.Event().wait()

    asyncio.run(run())


def test_who_else_cancels_goes_first() -> None:
    """A task that is cancelled from outside is cancelled, and not told that its time was over."""

    async def long() -> None:
        with TimeLimit(FOREVER_S).block():
            await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.create_task(long())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_what_was_cancelled_and_over_is_cancelled() -> None:
    """Both at once is a cancellation: whoever waits for it must not take the task for a slow one."""

    async def long() -> None:
        with TimeLimit(0.01).block():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                assert task
                task.cancel()
                raise

    async def run() -> None:
        task = asyncio.create_task(long())
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_an_error_of_the_block_is_its_own() -> None:
    """What the block raises comes out as it is."""

    async def run() -> None:
        with pytest.raises(KeyError), TimeLimit(FOREVER_S).block():
            raise KeyError

    asyncio.run(run())
