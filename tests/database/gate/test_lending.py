"""The pool itself: how many it lends, to whom, and what it never lends again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest

from db.contract.url import DatabaseUrl
from service.connections import opened
from service.pool import Pool
from tests.database.gate.ledger import Ledger
from tests.database.gate.running import fetched, until

pytestmark = pytest.mark.anyio

BACKEND = "SELECT pg_backend_pid()"
NAME = "calcio-lending"
STATEMENTS = f"SELECT pid, state FROM pg_stat_activity WHERE application_name = '{NAME}' ORDER BY pid"
LONG_S = 600.0


@asynccontextmanager
async def pool_of(url: DatabaseUrl, size: int, idle_s: float = LONG_S) -> AsyncIterator[Pool]:
    """A pool whose connections can be told in pg_stat_activity."""
    arguments = url.for_asyncpg()
    named = {**arguments.get("server_settings", {}), "application_name": NAME}
    options = {**arguments, "server_settings": named}
    async with opened(Pool(lambda: asyncpg.connect(**options), size, idle_s)) as pool:
        yield pool


async def test_no_more_are_lent_than_there_may_be(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """However many ask at once, the server sees as many connections as the pool may have, and all are served."""
    async with pool_of(service_url, 3) as pool:
        backends = await asyncio.gather(*(fetched(pool, BACKEND) for _ in range(60)))
        assert len(set(backends)) <= 3
        assert len(ledger.rows(STATEMENTS)) <= 3
        assert (pool.busy, pool.idle) == (0, len(set(backends)))


async def test_who_waited_longest_is_served_first(service_url: DatabaseUrl) -> None:
    """What is given back goes to the first in the queue, and nobody who comes later overtakes."""
    order: list[int] = []

    async def ask(number: int) -> None:
        async with pool.acquire():
            order.append(number)

    async with pool_of(service_url, 1) as pool:
        async with pool.acquire():
            asking = [asyncio.create_task(ask(number)) for number in range(5)]
            await asyncio.sleep(0)  # each of them has queued by then
        await asyncio.gather(*asking)
    assert order == [0, 1, 2, 3, 4]


async def test_who_gives_up_waiting_takes_no_place_along(service_url: DatabaseUrl) -> None:
    """A request that was ended while it waited leaves as many places as there were."""
    async with pool_of(service_url, 1) as pool:
        async with pool.acquire():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), pool.acquire():
                    pass
        assert await fetched(pool, "SELECT 1") == 1


async def test_a_connection_that_could_not_be_made_takes_no_place(service_url: DatabaseUrl) -> None:
    """Whoever asks next may try again, however often connecting failed."""
    async with pool_of(service_url.replace(password="another"), 1) as pool:  # noqa: S106 - one that is refused
        for _ in range(3):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await pool.take()
        assert (pool.busy, pool.idle) == (0, 0)


async def test_what_was_interrupted_is_not_lent_again(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """A statement whose request ended is cancelled at the server, and its connection is gone with it."""
    async with pool_of(service_url, 1) as pool:
        before = await fetched(pool, BACKEND)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), pool.acquire() as connection:
                await connection.execute("SELECT pg_sleep(60)")
        assert await fetched(pool, BACKEND) != before
        assert len(ledger.rows(STATEMENTS)) == 1


async def test_what_is_left_in_a_transaction_is_not_lent_again(service_url: DatabaseUrl) -> None:
    """A transaction that someone forgot ends with its connection."""
    async with pool_of(service_url, 1) as pool:
        async with pool.acquire() as connection:
            before = await connection.fetchval(BACKEND)
            await connection.execute("BEGIN")
        assert await fetched(pool, BACKEND) != before


async def test_what_the_server_closed_is_not_lent(
    server_url: DatabaseUrl, database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """A connection that ended while nobody had it is replaced, and no request notices."""
    superuser = Ledger(server_url.replace(database=database_url.database))
    async with pool_of(service_url, 1) as pool, pool.acquire() as connection:
        pass
    async with pool_of(service_url, 1) as pool:
        async with pool.acquire() as connection:
            before = await connection.fetchval(BACKEND)
        superuser.rows(f"SELECT pg_terminate_backend({before})")
        await until(connection.is_closed)
        assert await fetched(pool, BACKEND) != before


async def test_what_is_idle_for_long_is_closed(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """The server keeps no connection for a pool that does not need it; and the next request gets another."""
    async with pool_of(service_url, 3, idle_s=0.1) as pool:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(pool.acquire())
        await until(lambda: ledger.rows(STATEMENTS) == [])
        assert pool.idle == 0
        assert await fetched(pool, "SELECT 1") == 1


async def test_what_is_expired_while_lent_is_not_lent_again(service_url: DatabaseUrl) -> None:
    """Its request goes on with it; the next one begins anew."""
    async with pool_of(service_url, 1) as pool:
        async with pool.acquire() as connection:
            before = await connection.fetchval(BACKEND)
            pool.expire()
            assert await connection.fetchval(BACKEND) == before
        assert await fetched(pool, BACKEND) != before


async def test_a_pool_that_closes_lends_nothing(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """It waits for what is lent, refuses whoever waited, and leaves no connection behind."""
    async with pool_of(service_url, 1) as pool:
        async with pool.acquire() as connection:
            waiting = asyncio.create_task(pool.take())
            await asyncio.sleep(0)
            closing = asyncio.create_task(pool.close())
            await asyncio.sleep(0)
            assert await connection.fetchval("SELECT 1") == 1
        with pytest.raises(asyncpg.InterfaceError, match="closing"):
            await waiting
        await closing
        await until(lambda: ledger.rows(STATEMENTS) == [])
