"""The gate's own connection: registering this process, looking at the schema, hearing of its changes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db.contract.ledger import CHANNEL, Snapshot
from db.contract.names import History
from db.contract.readers import LEAVE, REGISTER, RENEW, STILL_READS
from db.contract.snapshot import INSUFFICIENT_PRIVILEGE, MOVED, UNDEFINED_TABLE, parse, statements
from service.gate.trouble import UnreadableLedgerError

READ_ONLY = "25006"
# Without these a process can't be seen by the fence; the verdict takes it from there.
NOT_REGISTERED = {UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE, READ_ONLY}
CROWD = "SELECT reltuples FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)"


@dataclass(frozen=True, slots=True)
class Reader:
    """This process as its row in ledger_reader names it."""

    instance: UUID
    name: str
    release: str
    heads: tuple[str, ...]
    lease: timedelta


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


def _mark(database: Snapshot) -> tuple[object, ...]:
    """What `MOVED` answers as long as a whole look would find this."""
    return database.heads, database.change if database.has_ledger else None, database.in_recovery


class Session:
    """What the gate asks over one connection; sets `changed` when the ledger moves or the connection ends."""

    def __init__(
        self, connection: asyncpg.Connection, history: History, reader: Reader, changed: asyncio.Event
    ) -> None:
        self._connection = connection
        self._changed = changed
        self._turn = asyncio.Lock()  # a connection answers one question at a time
        self._history = history
        self._reader = reader
        # Kept for this connection only: a failover may count to the same change another way.
        self._seen: Snapshot | None = None
        connection.add_termination_listener(lambda _: changed.set())

    def must_be_open(self) -> None:
        if self._connection.is_closed():
            raise ConnectionResetError

    async def listen(self) -> None:
        """Hear of each commit that changes the ledger, or alembic_version."""
        await self._connection.add_listener(CHANNEL, self._heard)

    async def register(self) -> bool:
        """Renew this process's row, or write it; False where that is not to be had."""
        reader = self._reader
        fill = self._history.fill
        try:
            async with self._turn:
                touched = await self._connection.execute(fill(RENEW), reader.instance, reader.lease)
                if touched == "UPDATE 0":
                    values = (reader.instance, reader.lease, reader.name, reader.release, reader.heads)
                    await self._connection.execute(fill(REGISTER), *values)
        except asyncpg.PostgresError as error:
            if error.sqlstate in NOT_REGISTERED:
                return False
            raise
        return True

    async def look(self, *, told: bool = False) -> Snapshot:
        """The schema as it is now; the whole ledger is read only when it has moved, or is `told` to have."""
        async with self._turn:
            if told or self._seen is None or await self._moved() != _mark(self._seen):
                self._seen = await take_snapshot(self._connection, self._history)
            return self._seen

    async def leave(self) -> None:
        """Delete this process's row: no contract has to wait for it any more."""
        try:
            async with self._turn:
                await self._connection.execute(self._history.fill(LEAVE), self._reader.instance)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in NOT_REGISTERED:
                raise

    async def crowd(self) -> int:
        """About how many readers there are; counting them would cost more than it spares."""
        table = self._history.fill("{schema}.ledger_reader")
        async with self._turn:
            return max(0, int(await self._connection.fetchval(CROWD, table) or 0))

    async def ask(self, sql: str) -> list[Mapping[str, Any]]:
        """What the ledger holds, for people; `sql` is filled with the history."""
        async with self._turn:
            return [dict(row) for row in await self._connection.fetch(self._history.fill(sql))]

    async def _moved(self) -> tuple[object, ...] | None:
        try:
            row = await self._connection.fetchrow(self._history.fill(MOVED))
        except asyncpg.PostgresError as error:
            if error.sqlstate in {UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE}:
                return None
            raise
        return tuple(row["heads"]), row["change"], row["in_recovery"]

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == str(self._history):
            self._changed.set()
