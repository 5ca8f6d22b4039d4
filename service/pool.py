"""The pool that requests share: its sessions begin with a look at the schema, and send nothing too late."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

import asyncpg

from service import deadline
from service.gate.connecting import CONNECT_TIMEOUT_S, is_direct
from service.gate.gate import Gate
from service.settings import ServiceSettings

# They undo; a request that is too late must still be able to.
_ALWAYS_SENT = frozenset({"ROLLBACK;", "ROLLBACK"})
CLOSE_TIMEOUT_S = 2.0
# Of the time after which the server ends an idle session.
_RETIRED_AFTER = 0.8


class CheckedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Sends no statement once the time of its request is over."""

    async def execute(self, query: str, *args: Any, **options: Any) -> Any:
        if query not in _ALWAYS_SENT:
            deadline.check()
        return await super().execute(query, *args, **options)

    async def executemany(self, command: str, args: Iterable[Any], **options: Any) -> Any:
        deadline.check()
        return await super().executemany(command, args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        deadline.check()
        return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        deadline.check()
        return await super().fetchrow(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        deadline.check()
        return await super().fetchval(query, *args, **options)

    async def prepare(self, query: str, **options: Any) -> NoReturn:
        raise NotImplementedError("a prepared statement could be sent unchecked: fetch prepares and keeps it")


class Connector:
    """Opens sessions; the first one finds out whether a transaction pooler stands in between."""

    def __init__(self) -> None:
        self._is_direct: bool | None = None

    async def __call__(self, *args: Any, **options: Any) -> asyncpg.Connection:
        if self._is_direct is None:
            self._is_direct = await self._look(*args, **options)
        if not self._is_direct:
            # A statement would be kept by a session that the pooler gives to someone else.
            options["statement_cache_size"] = 0
        return await asyncpg.connect(*args, **options)

    async def _look(self, *args: Any, **options: Any) -> bool:
        connection = await asyncpg.connect(*args, **{**options, "connection_class": asyncpg.Connection})
        try:
            return await is_direct(connection)
        finally:
            await connection.close()


def make_pool(arguments: Mapping[str, Any], name: str, settings: ServiceSettings, gate: Gate) -> asyncpg.Pool:
    """A pool that connects when it is first asked."""

    async def examine(connection: asyncpg.Connection) -> None:
        with deadline.within(CONNECT_TIMEOUT_S):
            await gate.examine(connection)

    times = {"timeout": CONNECT_TIMEOUT_S, "command_timeout": settings.request_deadline_s}
    named = {**arguments.get("server_settings", {}), "application_name": name}
    return asyncpg.create_pool(
        **{**times, **arguments, "server_settings": named},
        min_size=0,
        max_size=settings.pool_size,
        max_inactive_connection_lifetime=_RETIRED_AFTER * settings.idle_timeout_s,
        connect=Connector(),
        connection_class=CheckedConnection,
        init=examine,
        reset=_nothing_to_reset,
    )


@asynccontextmanager
async def opened(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """Close the pool when the block ends; what someone then still holds is cut off after a moment."""
    await pool
    try:
        yield pool
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()


class SharedSessions:
    """The pool as its gate moves it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def expire(self) -> None:
        await self._pool.expire_connections()

    async def prove(self) -> None:
        await self.expire()
        async with asyncio.timeout(CONNECT_TIMEOUT_S), self._pool.acquire():
            pass


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Spare each request a round trip: a request here leaves nothing behind but a transaction."""
