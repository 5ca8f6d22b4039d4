"""The gate: keeps a verdict true, in memory, by asking the database over a connection of its own."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import uuid4

import asyncpg

from db.contract.lineage import Lineage
from db.contract.names import History
from service.gate.connecting import application_name, connect
from service.gate.lease import Lease
from service.gate.session import Reader, Session, take_snapshot
from service.gate.trouble import NO_ANSWER, StandbyAnsweredError, UnfitSchemaError, in_words
from service.gate.verdict import Mode, Verdict, decide, outlived, unanswered

POLL_S = 2.0  # how often a process that is not ready looks
RETRY_S = 1.0
JITTER = 0.2
# A notification reaches all readers at once; above this many they spread their looks over a moment.
CROWD = 200
CROWD_A_SECOND = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GateConfig:
    """What a gate must be told: whom it speaks for, where it asks, and how often."""

    image: Lineage
    history: History
    name: str
    release: str
    arguments: Mapping[str, Any]  # of asyncpg.connect
    mode: Mode
    lease_s: float
    heartbeat_s: float
    listens: bool


class Sessions(Protocol):
    """The sessions that requests share, as far as the gate moves them."""

    async def expire(self) -> None:
        """Let no session go on that knows the schema as it was."""

    async def prove(self) -> None:
        """Open a session, whose first statement is `Gate.examine`."""


class NoSessions:
    """What a gate moves that stands beside a process it does not know."""

    async def expire(self) -> None:
        return

    async def prove(self) -> None:
        return


class Gate:
    """Answers `verdict` at any time; `run` keeps it true."""

    def __init__(self, config: GateConfig, lease: Lease) -> None:
        self.sessions: Sessions = NoSessions()
        self.in_flight = 0
        self._config = config
        self._lease = lease
        self.trouble = "the database has not been asked yet"  # what kept it from answering, last time
        self._verdict = unanswered(config.image, config.mode, self.trouble)
        self._changed = asyncio.Event()
        self._registered = True
        self.crowd = 0  # about how many readers there are
        self._doubted = False  # a session of the requests met another schema than the gate's own
        self._session: Session | None = None

    @property
    def verdict(self) -> Verdict:
        """What holds now; the lease is looked at each time, since a frozen process runs no timers."""
        if self._verdict.ready and not (self._lease.holds or self.mode is Mode.OFF):
            self._say(outlived(self._verdict, self.trouble))
        return self._verdict

    @property
    def mode(self) -> Mode:
        return self._config.mode

    @property
    def lease_remaining_s(self) -> float:
        return self._lease.remaining_s

    @contextmanager
    def serving(self) -> Iterator[None]:
        """While a request is in flight this process's row is not deleted."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def run(self) -> None:
        """Keep the verdict true until cancelled; then leave, where nothing is in flight."""
        config = self._config
        lease = timedelta(seconds=config.lease_s)
        # Made here, not where the gate is: a server may make one gate and then fork twice.
        reader = Reader(uuid4(), config.name, config.release, config.image.heads, lease)
        while True:
            try:
                async with self._connected(reader) as session:
                    await self._follow(session)
            except NO_ANSWER as error:
                self._no_answer(error)
            await asyncio.sleep(_jittered(RETRY_S))

    async def examine(self, connection: asyncpg.Connection) -> None:
        """Look at the schema over a session meant for requests; raise UnfitSchemaError where it won't do."""
        database = await take_snapshot(connection, self._config.history)
        verdict = decide(database, self._config.image, self._config.mode, registered=self._registered)
        if not verdict.ready:
            self._doubted = True
            self._not_ready(verdict)
            self._changed.set()
            raise UnfitSchemaError(verdict.reason)

    async def ask(self, sql: str) -> list[Mapping[str, Any]]:
        """Ask the ledger for people, over the gate's connection."""
        if self._session is None:
            raise ConnectionError(self.trouble)
        return await self._session.ask(sql)

    @asynccontextmanager
    async def _connected(self, reader: Reader) -> AsyncIterator[Session]:
        config = self._config
        name = application_name("gate", reader.heads, reader.name)
        connection, is_direct = await connect(config.arguments, name)
        self._session = session = Session(connection, config.history, reader, self._changed)
        try:
            if is_direct and config.listens:
                await session.listen()
            yield session
        except asyncio.CancelledError:
            await self._leave(session)
            raise
        finally:
            self._session = None
            connection.terminate()

    async def _follow(self, session: Session) -> None:
        now = asyncio.get_running_loop().time
        due = now()
        while True:
            told = await _within(self._changed, due - now())
            self._changed.clear()
            session.must_be_open()
            try:
                await (self._told(session) if told else self._round(session))
                pause_s = self._config.heartbeat_s if self.verdict.ready else POLL_S
            except asyncpg.PostgresError as error:
                self._no_answer(error)
                pause_s = RETRY_S
            next_due = now() + _jittered(pause_s)
            # What was only heard of does not put off the round that was due.
            due = min(due, next_due) if told else next_due

    async def _told(self, session: Session) -> None:
        if self.crowd > CROWD:
            await asyncio.sleep(_anywhere_in(0, min(1.0, self.crowd / CROWD_A_SECOND)))
            self._changed.clear()
        if (await self._look(session)).ready and not self._lease.holds:
            await self._round(session)

    async def _round(self, session: Session) -> None:
        """Register, then look, then decide: in this order a contract either sees us or is seen."""
        # Who is not ready looks first: the row of a process that serves nothing would hold contracts back.
        if not self._lease.holds and not (await self._look(session)).ready:
            if not self.in_flight:
                await session.leave()
            return
        sent_at = self._lease.now()
        self._registered = await session.register()
        verdict = await self._look(session)
        if verdict.ready:
            await self._settle_doubt()
            self._lease.renewed(sent_at)
            self._say(verdict)
        self.crowd = await session.crowd()

    async def _look(self, session: Session) -> Verdict:
        database = await session.look()
        if database.in_recovery:
            raise StandbyAnsweredError
        config = self._config
        verdict = decide(database, config.image, config.mode, registered=self._registered)
        if verdict.found != self._verdict.found:
            await self.sessions.expire()
        if not verdict.ready:
            self._not_ready(verdict)
        elif self._lease.holds:
            self._say(verdict)
        return verdict

    async def _settle_doubt(self) -> None:
        if self._doubted:
            await self.sessions.prove()
            self._doubted = False

    async def _leave(self, session: Session) -> None:
        if self.in_flight:
            return
        self._lease.gave_up()
        with suppress(*NO_ANSWER):
            await session.leave()

    def _not_ready(self, verdict: Verdict) -> None:
        self._lease.gave_up()
        self._say(verdict)

    def _no_answer(self, error: BaseException) -> None:
        trouble = in_words(error)
        if trouble != self.trouble:
            log.warning("no answer: %s", trouble)
        self.trouble = trouble
        if self._verdict.standing is None:
            self._say(unanswered(self._config.image, self._config.mode, trouble))

    def _say(self, verdict: Verdict) -> None:
        before = self._verdict
        if (verdict.ready, verdict.standing) == (before.ready, before.standing):
            verdict = replace(verdict, since=before.since)
        self._verdict = verdict
        if verdict != before:
            level = logging.INFO if verdict.ready else logging.WARNING
            log.log(level, "%s", verdict.reason, extra={"ready": verdict.ready, "standing": verdict.standing})


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
