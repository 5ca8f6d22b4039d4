"""What the pool lends: connections that begin with a look at the schema, and send nothing too late."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import asyncpg

from service import deadline
from service.gate.connecting import CONNECT_TIMEOUT_S, is_direct
from service.gate.gate import Gate
from service.pool import CLOSE_TIMEOUT_S, Pool
from service.settings import ServiceSettings

# They undo; a request that is too late must still be able to.
_ALWAYS_SENT = frozenset({"ROLLBACK;", "ROLLBACK"})
# Of the time after which the server ends an idle session.
_RETIRED_AFTER = 0.8


class CheckedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Sends no statement once the time of its request is over."""

    def execute(self, query: str, *args: Any, **options: Any) -> Any:
        if query not in _ALWAYS_SENT:
            deadline.check()
        return super().execute(query, *args, **options)

    def executemany(self, command: str, args: Iterable[Any], **options: Any) -> Any:
        deadline.check()
        return super().executemany(command, args, **options)

    def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        deadline.check()
        return super().fetch(query, *args, **options)

    def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        deadline.check()
        return super().fetchrow(query, *args, **options)

    def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        deadline.check()
        return super().fetchval(query, *args, **options)

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


def make_pool(arguments: Mapping[str, Any], name: str, settings: ServiceSettings, gate: Gate) -> Pool:
    """A pool that connects when it is first asked."""
    named = {**arguments.get("server_settings", {}), "application_name": name}
    # No time for each statement: its request's is what ends it, and a timer for each would be one too many.
    own = {"server_settings": named, "connection_class": CheckedConnection}
    options = {"timeout": CONNECT_TIMEOUT_S, **arguments, **own}
    connector = Connector()

    async def connect() -> asyncpg.Connection:
        connection = await connector(**options)
        try:
            with deadline.within(CONNECT_TIMEOUT_S):
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    await gate.examine(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return Pool(connect, settings.pool_size, _RETIRED_AFTER * settings.idle_timeout_s)


@asynccontextmanager
async def opened(pool: Pool) -> AsyncIterator[Pool]:
    """Close the pool when the block ends; what someone then still holds is cut off after a moment."""
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()


class SharedSessions:
    """The pool as its gate moves it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def expire(self) -> None:
        self._pool.expire()

    async def prove(self) -> None:
        self._pool.expire()
        async with asyncio.timeout(CONNECT_TIMEOUT_S), self._pool.acquire():
            pass
