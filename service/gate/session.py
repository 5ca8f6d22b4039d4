"""The gate's own connection: registering this process, looking at the schema, hearing of its changes."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db.contract.ledger import CHANNEL, Snapshot
from db.contract.names import History
from db.contract.readers import LEAVE, REGISTER, RENEW, STILL_READS
from db.contract.snapshot import (
    AS_IT_WRITES,
    INSUFFICIENT_PRIVILEGE,
    MOVED,
    UNDEFINED_TABLE,
    parse,
    statements,
)
from db.contract.value import Value
from service.gate.trouble import UnreadableLedgerError

READ_ONLY = "25006"
# Without these a process can't be seen by the fence; the verdict takes it from there.
NOT_REGISTERED = {UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE, READ_ONLY}
Mark = tuple[object, ...]


class Reader(Value):
    """This process as its row in ledger_reader names it."""

    instance: UUID
    name: str
    release: str
    heads: tuple[str, ...]
    lease: timedelta


class Round(Value):
    """What came of registering and looking."""

    registered: bool  # False where that is not to be had
    readers: int  # about how many there are; counting them would cost more than it spares
    database: Snapshot


async def take_snapshot(connection: asyncpg.Connection, history: History) -> Snapshot:
    """One consistent look at the database, by the first statement that it can answer."""
    for sql, try_next_on in statements(history):
        try:
            row = await connection.fetchrow(sql)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in try_next_on:
                raise
        else:
            if (snapshot := _read(row)) is not None:
                return snapshot
    raise AssertionError("the last statement answers, or fails for good")


async def is_still_reader(
    connection: asyncpg.Connection, history: History, instance: UUID, margin_s: float
) -> bool:
    """Whether the fence will go on seeing this process for as long as it may still use what it is about to find."""
    margin = timedelta(seconds=margin_s)
    try:
        return bool(await connection.fetchval(history.fill(STILL_READS), instance, margin))
    except asyncpg.PostgresError as error:
        if error.sqlstate in NOT_REGISTERED:
            return False
        raise


def _read(row: Mapping[str, Any] | None) -> Snapshot | None:
    try:
        return parse(row)
    except (ValueError, LookupError, TypeError) as error:
        raise UnreadableLedgerError from error


def _mark_of(database: Snapshot) -> Mark:
    """What `MOVED` answers as long as a whole look would find this."""
    return database.heads, database.change if database.has_ledger else None, database.in_recovery


def _mark_in(row: Mapping[str, Any]) -> Mark:
    return tuple(row["heads"]), row["change"], row["in_recovery"]


class Session:
    """What the gate asks over one connection; sets `changed` when the ledger moves or the connection ends."""

    def __init__(
        self, connection: asyncpg.Connection, history: History, reader: Reader, changed: asyncio.Event
    ) -> None:
        self._connection = connection
        self._changed = changed
        self._turn = asyncio.Lock()  # a connection answers one question at a time
        self._history = history
        self._moved, self._leave = history.fill(MOVED), history.fill(LEAVE)
        self._renew, self._register = (
            history.fill(RENEW + AS_IT_WRITES),
            history.fill(REGISTER + AS_IT_WRITES),
        )
        self._reader = reader
        self._has_left = False  # which is then known without asking
        # Kept for this connection only: a failover may count to the same change another way.
        self._seen: Snapshot | None = None
        connection.add_termination_listener(lambda _: changed.set())

    def must_be_open(self) -> None:
        if self._connection.is_closed():
            raise ConnectionResetError

    async def listen(self) -> None:
        """Hear of each commit that changes the ledger, or alembic_version."""
        await self._connection.add_listener(CHANNEL, self._heard)

    async def round(self) -> Round:
        """Renew this process's row, or write it, and look: in this order a contract either sees us or is seen."""
        async with self._turn:
            row = await self._written()
            if row is None:
                return Round(registered=False, readers=0, database=await self._look())
            # Another isolation looks before it waits for its locks: then it has to look again.
            mark = _mark_in(row) if row["is_current"] else None
            return Round(
                registered=True, readers=max(0, int(row["readers"])), database=await self._look(mark)
            )

    async def look(self, *, told: bool = False) -> Snapshot:
        """The schema as it is now; the whole ledger is read only when it has moved, or is `told` to have."""
        async with self._turn:
            if told:
                self._seen = None
            return await self._look()

    async def leave(self) -> None:
        """Delete this process's row: no contract has to wait for it any more."""
        if self._has_left:
            return
        try:
            async with self._turn:
                await self._connection.execute(self._leave, self._reader.instance)
                self._has_left = True
        except asyncpg.PostgresError as error:
            if error.sqlstate not in NOT_REGISTERED:
                raise

    async def ask(self, sql: str) -> list[Mapping[str, Any]]:
        """What the ledger holds, for people; `sql` is filled with the history."""
        async with self._turn:
            return [dict(row) for row in await self._connection.fetch(self._history.fill(sql))]

    async def _look(self, mark: Mark | None = None) -> Snapshot:
        """What was seen last, where nothing has moved since; `mark` says so where it is known already."""
        seen = self._seen
        if seen is None or (mark or await self._marked()) != _mark_of(seen):
            self._seen = seen = await take_snapshot(self._connection, self._history)
        return seen

    async def _marked(self) -> Mark | None:
        try:
            return _mark_in(await self._connection.fetchrow(self._moved))
        except asyncpg.PostgresError as error:
            if error.sqlstate in {UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE}:
                return None
            raise

    async def _written(self) -> Mapping[str, Any] | None:
        """What writing the row answers; None where it can't be written."""
        reader, ask = self._reader, self._connection.fetchrow
        row = None
        try:
            if not self._has_left:
                row = await ask(self._renew, reader.instance, reader.lease)
            if row is None:
                # From here on, whatever becomes of the answer.
                self._has_left = False
                values = (reader.instance, reader.lease, reader.name, reader.release, reader.heads)
                row = await ask(self._register, *values)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in NOT_REGISTERED:
                raise
        return row

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == str(self._history):
            self._changed.set()
