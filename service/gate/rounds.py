"""Rounds: registers this process, looks at the schema and tells the gate, over a connection of its own."""

import asyncio
import logging
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import uuid4

import asyncpg

from db.contract.ledger import Snapshot
from service.gate.connecting import application_name, connect
from service.gate.gate import Gate
from service.gate.session import Reader, Session
from service.gate.trouble import NO_ANSWER, StandbyAnsweredError
from service.gate.verdict import Verdict

POLL_S = 2.0  # how often a process that is not ready looks
RETRY_S = 1.0
JITTER = 0.2
# A notification reaches all readers at once; above this many they spread their looks over a moment.
CROWD = 200
READERS_A_SECOND = 1000

log = logging.getLogger(__name__)


@asynccontextmanager
async def kept_true(gate: Gate) -> AsyncIterator[None]:
    """Keep the gate's verdict true while the block runs; then leave, where nothing is in flight."""
    # The reader is made here and not with the gate: a server may make one gate and fork twice.
    config = gate.config
    lease = timedelta(seconds=config.lease_s)
    reader = Reader(uuid4(), config.name, config.release, config.image.heads, lease)
    gate.instance = reader.instance
    running = asyncio.create_task(Rounds(gate, reader).run(), name="gate")
    running.add_done_callback(_ended)
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _ended(running: "asyncio.Task[None]") -> None:
    if not running.cancelled():
        # Without it this process would never be ready again, and look alive: let another one try.
        log.critical("the gate has ended", exc_info=running.exception())
        signal.raise_signal(signal.SIGTERM)


class Rounds:
    """One process's rounds."""

    def __init__(self, gate: Gate, reader: Reader) -> None:
        self._gate = gate
        self._reader = reader

    async def run(self) -> None:
        """Go on until cancelled, whatever the database does."""
        while True:
            try:
                async with self._connected() as session:
                    await self._follow(session)
            except NO_ANSWER as error:
                self._gate.no_answer(error)
            await asyncio.sleep(_jittered(RETRY_S))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Session]:
        gate, reader = self._gate, self._reader
        name = application_name("gate", reader.heads, reader.name)
        connection, is_direct = await connect(gate.config.arguments, name)
        gate.session = session = Session(connection, gate.config.history, reader, gate.changed)
        try:
            if is_direct and gate.config.listens:
                await session.listen()
            yield session
        except asyncio.CancelledError:
            await self._say_goodbye(session)
            raise
        finally:
            gate.session = None
            connection.terminate()

    async def _follow(self, session: Session) -> None:
        gate, now = self._gate, asyncio.get_running_loop().time
        due = now()
        while True:
            told = await _within(gate.changed, due - now())
            gate.changed.clear()
            session.must_be_open()
            try:
                await (self._told(session) if told else self._round(session))
                pause_s = gate.config.heartbeat_s if gate.verdict.ready else POLL_S
            except asyncpg.PostgresError as error:
                gate.no_answer(error)
                pause_s = RETRY_S
            next_due = now() + _jittered(pause_s)
            # What was only heard of does not put off the round that was due.
            due = min(due, next_due) if told else next_due

    async def _told(self, session: Session) -> None:
        gate = self._gate
        if gate.crowd > CROWD:
            await asyncio.sleep(_anywhere_in(0, min(1.0, gate.crowd / READERS_A_SECOND)))
            gate.changed.clear()
        if (await self._look(session, told=True)).ready and not gate.lease.holds:
            await self._register(session)

    async def _round(self, session: Session) -> None:
        gate = self._gate
        # Who is not ready looks first: the row of a process that serves nothing would hold contracts back.
        if not gate.lease.holds and not (await self._look(session)).ready:
            if not gate.in_flight:
                await session.leave()
            return
        await self._register(session)

    async def _register(self, session: Session) -> None:
        """Register, look, decide: only all of it opens the gate, and renews its lease."""
        gate = self._gate
        sent_at = gate.lease.now()
        done = await session.round()
        gate.registered, gate.crowd = done.registered, done.readers
        verdict = await self._saw(done.database)
        if verdict.ready:
            await gate.completed(verdict, sent_at)

    async def _look(self, session: Session, *, told: bool = False) -> Verdict:
        return await self._saw(await session.look(told=told))

    async def _saw(self, database: Snapshot) -> Verdict:
        if database.in_recovery:
            raise StandbyAnsweredError
        return await self._gate.saw(database)

    async def _say_goodbye(self, session: Session) -> None:
        if self._gate.in_flight:
            return
        self._gate.lease.gave_up()
        with suppress(*NO_ANSWER):
            await session.leave()


def _jittered(seconds: float) -> float:
    return _anywhere_in(seconds * (1 - JITTER), seconds * (1 + JITTER))


def _anywhere_in(low: float, high: float) -> float:
    return random.uniform(low, high)  # noqa: S311 - it spreads load and keeps no secret


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether `event` comes before `seconds` are over."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            return await event.wait()
    except TimeoutError:
        return False
