"""The connections that requests share: so many at most, the last used one first, each lent as it was left."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg

from service.gate.trouble import NO_ANSWER

CLOSE_TIMEOUT_S = 2.0
# What a request meets that is over before its statement is.
ENDED = (asyncio.CancelledError, TimeoutError)


class Pool:
    """Connects when it has nothing to lend, and closes what was idle for `idle_s`.

    Lending takes no turn of the event loop: with asyncpg's own pool that cost more than the statement.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], max_size: int, idle_s: float
    ) -> None:
        self.max_size = max_size
        self._connect = connect
        self._idle_s = idle_s
        self._loop = asyncio.get_running_loop()
        self._free = max_size  # places that nobody has; none while somebody waits for one
        self._turns: deque[asyncio.Future[None]] = deque()  # of those who wait, who came first is first
        self._idle: list[tuple[float, asyncpg.Connection]] = []  # since when; the newest last
        self._lent: dict[asyncpg.Connection, int] = {}  # of which generation
        self._generation = 0
        self._retiring: asyncio.TimerHandle | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._is_closing = False

    @property
    def idle(self) -> int:
        """How many connections nobody has."""
        return len(self._idle)

    @property
    def busy(self) -> int:
        """How many connections requests have."""
        return len(self._lent)

    def acquire(self) -> "Loan":
        """A connection for a block; the block waits where all are lent."""
        return Loan(self)

    def fetch(self, query: str, *args: object) -> Awaitable[Any]:
        """The rows of one statement, for which a connection is lent."""
        return self._ask("fetch", query, args)

    def fetchrow(self, query: str, *args: object) -> Awaitable[Any]:
        """The first row of one statement, or None."""
        return self._ask("fetchrow", query, args)

    async def _ask(self, method: str, query: str, args: tuple[object, ...]) -> Any:
        connection = self.take_idle() or await self.take()
        interrupted = False
        try:
            return await getattr(connection, method)(query, *args)
        except ENDED:
            interrupted = True
            raise
        finally:
            self.give_back(connection, interrupted=interrupted)

    def take_idle(self) -> asyncpg.Connection | None:
        """The connection that was used last, to give back; None where somebody has to be waited for."""
        connection = self._newest() if self._free and self._idle else None
        if connection is not None:
            self._free -= 1
            self._lent[connection] = self._generation
        return connection

    async def take(self) -> asyncpg.Connection:
        """A connection to give back; raises what connecting raises, and InterfaceError where the pool closes."""
        await self._place()
        generation = self._generation
        try:
            if self._is_closing:
                raise asyncpg.InterfaceError("the pool is closing")  # noqa: TRY301 - the place is given back
            connection = self._newest() or await self._connect()
        except BaseException:
            self._vacate()
            raise
        self._lent[connection] = generation
        return connection

    def give_back(self, connection: asyncpg.Connection, *, interrupted: bool) -> None:
        """Take it back; it is lent again unless it knows an older schema, or a statement or transaction goes on."""
        is_old = self._lent.pop(connection) != self._generation
        if is_old or interrupted or connection.is_closed() or connection.is_in_transaction():
            # Its place is taken until the server knows.
            self._part_with(connection).add_done_callback(lambda _: self._vacate())
            return
        self._idle.append((self._loop.time(), connection))
        self._vacate()
        if self._retiring is None:
            self._retire()

    def expire(self) -> None:
        """Lend nothing any more that was connected before now."""
        self._generation += 1
        while self._idle:
            self._part_with(self._idle.pop()[1])

    async def close(self) -> None:
        """Lend nothing any more; wait for what is lent, and close everything."""
        self._is_closing = True
        self.expire()
        for _ in range(self.max_size):
            await self._place()
        await asyncio.gather(*self._goodbyes)

    def terminate(self) -> None:
        """Cut off what is still lent."""
        for connection in self._lent:
            connection.terminate()

    async def _place(self) -> None:
        """Take a place, or the next one that is vacated for us."""
        if self._free:
            self._free -= 1
            return
        turn = self._loop.create_future()
        self._turns.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # It may have come at the same moment.
            if not turn.cancelled():
                self._vacate()
            raise

    def _vacate(self) -> None:
        """Leave a place to whoever has waited longest, or to anybody."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _newest(self) -> asyncpg.Connection | None:
        outlived = self._loop.time() - self._idle_s
        while self._idle:
            since, connection = self._idle.pop()
            if since > outlived and not connection.is_closed():
                return connection
            self._part_with(connection)
        return None

    def _retire(self) -> None:
        """Part with what was idle for too long: one timer for all of them."""
        outlived = self._loop.time() - self._idle_s
        while self._idle and self._idle[0][0] <= outlived:
            self._part_with(self._idle.pop(0)[1])
        ends_at = self._idle[0][0] + self._idle_s if self._idle else None
        self._retiring = None if ends_at is None else self._loop.call_at(ends_at, self._retire)

    def _part_with(self, connection: asyncpg.Connection) -> "asyncio.Task[None]":
        goodbye = self._loop.create_task(_say_goodbye(connection))
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)
        return goodbye


class Loan:
    """A connection of a pool, for a block."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> asyncpg.Connection:
        self._connection = self._pool.take_idle() or await self._pool.take()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = isinstance(error, ENDED)
        self._pool.give_back(self._connection, interrupted=interrupted)


async def _say_goodbye(connection: asyncpg.Connection) -> None:
    """Have the server cancel what it still does, and leave; be cut off where that takes long."""
    with suppress(*NO_ANSWER):
        await connection.close(timeout=CLOSE_TIMEOUT_S)
