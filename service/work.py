"""A unit of work: one transaction, done once more where only the plans it met were old."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from service.statement import Connection, Pool

T = TypeVar("T")

# Outside a transaction asyncpg prepares again by itself; inside one, only the whole unit can be repeated.
# A deadlock's victim has done nothing yet, either.
REPEATABLE = (asyncpg.InvalidCachedStatementError, asyncpg.DeadlockDetectedError)


async def unit_of_work(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """What `work` returns, committed; it may run twice, so it touches nothing but its connection."""
    async with pool.acquire() as connection:
        try:
            return await _in_transaction(connection, work)
        except REPEATABLE:
            return await _in_transaction(connection, work)


async def _in_transaction(connection: Connection, work: Callable[[Connection], Awaitable[T]]) -> T:
    async with connection.transaction():
        return await work(connection)
