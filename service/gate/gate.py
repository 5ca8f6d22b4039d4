"""The gate: what this process believes of its schema, and whether it may serve; all of it in memory."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from db.contract.ledger import Snapshot
from db.contract.lineage import Lineage
from db.contract.names import History
from db.contract.value import Value, replace
from service.gate.lease import Lease
from service.gate.session import Session, is_still_reader, take_snapshot
from service.gate.trouble import LapsedError, UnfitSchemaError, in_words
from service.gate.verdict import Mode, Verdict, decide, outlived, unanswered

log = logging.getLogger(__name__)


class GateConfig(Value):
    """What a gate must be told: whom it speaks for, where it asks, and how often."""

    image: Lineage
    history: History
    name: str
    release: str
    arguments: Mapping[str, Any]  # of asyncpg.connect
    mode: Mode
    lease_s: float
    margin_s: float
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


class Serving:
    """Counts a request while a block of it runs; as many may run at once as there are requests."""

    __slots__ = ("_gate",)

    def __init__(self, gate: "Gate") -> None:
        self._gate = gate

    def __enter__(self) -> None:
        self._gate.in_flight += 1

    def __exit__(self, *_: object) -> None:
        self._gate.in_flight -= 1


class Gate:
    """Answers `verdict` at any time; whoever asks the database (Rounds) tells it what came of that."""

    def __init__(self, config: GateConfig, lease: Lease) -> None:
        self.config = config
        self.lease = lease
        self.sessions: Sessions = NoSessions()
        self.session: Session | None = None  # the gate's own, while there is one
        self.changed = asyncio.Event()  # something was heard of that makes another look worthwhile
        self.decided = asyncio.Event()  # the database has answered once, and a verdict came of it
        self.trouble = "the database has not been asked yet"  # what keeps it from answering, if anything does
        self.registered = True
        self.instance: UUID | None = None  # whose row it is that the rounds renew
        self.crowd = 0  # about how many readers there are
        self.in_flight = 0
        self._doubted = False  # a session of the requests met another schema than the gate's own
        self._verdict = unanswered(config.image, config.mode, self.trouble)

    @property
    def verdict(self) -> Verdict:
        """What holds now; the lease is looked at each time, since a frozen process runs no timers."""
        if self._verdict.ready and not (self.lease.holds or self.config.mode is Mode.OFF):
            self._say(outlived(self._verdict, self.trouble or "this process has not asked for so long"))
        return self._verdict

    def serving(self) -> "Serving":
        """What to have around requests in flight: meanwhile this process's row is not deleted."""
        return Serving(self)

    async def ask(self, sql: str) -> list[Mapping[str, Any]]:
        """Ask the ledger for people, over the gate's own session."""
        if self.session is None:
            raise ConnectionError(self.trouble)
        return await self.session.ask(sql)

    async def examine(self, connection: asyncpg.Connection) -> None:
        """Look at the schema over a session meant for requests.

        Raises UnfitSchemaError where it won't do, LapsedError where a contract may take it away too soon.
        """
        # In this order: from before the look on, a contract either is in it or waits for us.
        is_reader = await self._is_still_reader(connection)
        verdict = self._judged(await take_snapshot(connection, self.config.history))
        if not verdict.ready:
            self._doubted = True
            self._shut(verdict)
            self.changed.set()
            raise UnfitSchemaError(verdict.reason)
        if not is_reader:
            lapsed = LapsedError()
            self.lease.gave_up()
            self.no_answer(lapsed)
            self.changed.set()
            raise lapsed

    async def saw(self, database: Snapshot) -> Verdict:
        """Take evidence: it shuts the gate at once, and keeps it open; to open it, a round must be whole."""
        verdict = self._judged(database)
        if verdict.found != self._verdict.found:
            await self.sessions.expire()
        if not verdict.ready:
            self._shut(verdict)
        elif self.lease.holds:
            self._say(verdict)
        return verdict

    async def completed(self, verdict: Verdict, sent_at: float) -> None:
        """Open, or stay open, after a whole round that began at `sent_at` and ended with `verdict`."""
        if self._doubted:
            await self.sessions.prove()
            self._doubted = False
        self.lease.renewed(sent_at)
        self._answered()
        self._say(verdict)

    def no_answer(self, error: BaseException) -> None:
        """Take note of what is no evidence: whoever is ready stays so, while the lease holds."""
        trouble = in_words(error)
        if trouble != self.trouble:
            log.warning("no answer: %s", trouble)
        self.trouble = trouble
        if self._verdict.standing is None:
            self._say(unanswered(self.config.image, self.config.mode, trouble))

    def _answered(self) -> None:
        if self.trouble and self._verdict.standing is not None:
            log.info("the database answers again")
        self.trouble = ""

    async def _is_still_reader(self, connection: asyncpg.Connection) -> bool:
        config = self.config
        if self.instance is None or not self.registered or config.mode is Mode.OFF:
            # Equality decides there, or nothing does.
            return True
        return await is_still_reader(connection, config.history, self.instance, config.margin_s)

    def _judged(self, database: Snapshot) -> Verdict:
        return decide(database, self.config.image, self.config.mode, registered=self.registered)

    def _shut(self, verdict: Verdict) -> None:
        self.lease.gave_up()
        self._answered()
        self._say(verdict)

    def _say(self, verdict: Verdict) -> None:
        before = self._verdict
        if (verdict.ready, verdict.standing) == (before.ready, before.standing):
            verdict = replace(verdict, since=before.since)
        self._verdict = verdict
        if verdict.standing is not None:
            self.decided.set()
        if verdict != before:
            level = logging.INFO if verdict.ready else logging.WARNING
            log.log(level, "%s", verdict.reason, extra={"ready": verdict.ready, "standing": verdict.standing})
