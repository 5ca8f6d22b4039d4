"""The tries of a step: what an error asks for, who was in the way, and when to give up."""

import time
from collections.abc import Collection, Sequence

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.runner.failure import HINTS, StepFailed
from db.runner.patience import Patience
from db.runner.session import Session
from db.runner.sqlstate import Meaning, meaning, sqlstate
from db.runner.watch import Watch, bounded

LOOK_EVERY_S = 0.25
REMEMBER_EVERY_S = 5.0
_STILL_THERE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE virtualtransaction = ANY (%s))"


class Tries:
    """The tries of one step after the other."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._job = session.job
        self._patience = Patience(session.job.settings)
        self._watch: Watch
        self.revision: str | None = None  # the one being applied: what an error is about
        self.blockers: Sequence[str] = ()
        self.repeated = 0
        self.lock_wait_ms = 0  # from the first try until the one that is made now
        self._since = self._remembered = 0.0

    def begin(self, revision: str) -> None:
        """The step of `revision` is tried now, for the first time or again."""
        if revision != self.revision:
            self.revision, self._patience = revision, Patience(self._job.settings)
            self.lock_wait_ms = 0
            self._since = self._remembered = time.monotonic()
            self._watch.begin_step()

    @property
    def lock_timeout_ms(self) -> int:
        """How long this try may queue for a lock."""
        return self._patience.lock_timeout_ms

    @property
    def number(self) -> int:
        """Which try this is, from 1."""
        return self._patience.tries + 1

    def watch(self) -> Watch:
        """Who looks on while it is tried."""
        job = self._job
        backend = self._session.connection.backend
        self._watch = Watch(job.connect_again, backend, self.lock_timeout_ms / 2000, job.report)
        if not self._patience.tries:
            self._watch.begin_step()
        return self._watch

    def again(self, error: BaseException, blockers: Sequence[str], overdue: str | None = None) -> None:
        """Pause before another try, or raise what ends the run: `error` where the connection was lost.

        Where the server had a reason to end it, that reason is the SQLSTATE `overdue`: it would end it again.
        """
        self.blockers = blockers or self.blockers
        what = meaning(error)
        if what is Meaning.RECONNECT:
            raise self._overdue(overdue) if overdue else error
        pause_s = None
        if what is Meaning.RETRY_STEP:
            pause_s = self._patience.pause_s(sqlstate(error), self._watch.transactions)
        if pause_s is None:
            raise self._failed(error, what) from error
        self.repeated += 1
        in_the_way = "; ".join(self.blockers) or "nobody was seen"
        self._job.report(
            "step.retry",
            f"revision {self.revision} met a lock, trying again within {pause_s:.1f} s; in its way: {in_the_way}",
            revision=self.revision,
            sqlstate=sqlstate(error),
            blockers=list(self.blockers),
            tries=self._patience.tries,
            lock_timeout_ms=self.lock_timeout_ms,
        )
        self._remember()
        self._pause(pause_s)
        self.lock_wait_ms = self._waited_ms()

    def _waited_ms(self) -> int:
        return round((time.monotonic() - self._since) * 1000)

    def _remember(self) -> None:
        """For `status`, now and then: of a step that is one transaction nothing else is seen until it commits."""
        connection = self._session.connection
        if time.monotonic() - self._remembered < REMEMBER_EVERY_S or connection.closed:
            return
        self._remembered = time.monotonic()
        detail = {
            "tries": self._patience.tries,
            "lock_wait_ms": self._waited_ms(),
            "blockers": list(self.blockers),
        }
        try:
            with bounded(self._job, connection, "the wait"), connection, connection.cursor() as cursor:
                # What is locked may be the version table, which an event names.
                cursor.execute(f"SET LOCAL lock_timeout = '{self.lock_timeout_ms}ms'")
                self._session.ledger.event(cursor, "lock-wait", self.revision, **detail)
        except psycopg2.errors.LockNotAvailable:
            pass  # `status` can not look then, either

    def _pause(self, pause_s: float) -> None:
        """Let the pause pass; where a long transaction is in the way, until it has ended at most."""
        deadline = time.monotonic() + pause_s
        while (left_s := deadline - time.monotonic()) > 0:
            self._job.stop.wait(min(LOOK_EVERY_S, left_s))
            if self._patience.lasting and not self._are_still_there(self._patience.lasting):
                self._job.report("step.free", "who was in its way has ended", revision=self.revision)
                return

    def _are_still_there(self, transactions: Collection[str]) -> bool:
        connection = self._session.connection
        with connection.cursor() as cursor:
            cursor.execute(_STILL_THERE, (list(transactions),))
            (are_there,) = cursor.fetchone() or (False,)
        # Nothing may be open while it pauses: an open transaction holds back vacuum, and index builds.
        connection.rollback()
        return bool(are_there)

    def _overdue(self, state: str) -> StepFailed:
        what = f"PostgreSQL ended its session ({state}), which kept a transaction open for too long"
        why = Refusal(ExitCode.MIGRATION, f"revision {self.revision} failed: {what}", HINTS[state])
        return StepFailed(why, self.revision, blockers=self.blockers, attempts=self.number, state=state)

    def _failed(self, error: BaseException, what: Meaning) -> StepFailed:
        if what is Meaning.RETRY_STEP:
            in_the_way = "; ".join(self.blockers) or "nobody was seen"
            why = Refusal(
                ExitCode.TEMPORARY,
                f"revision {self.revision} was not applied in {self._patience.tries} tries; in its way: {in_the_way}",
                "It may be repeated as it is; CALCIO_LOCK_BUDGET_S says how long a step goes on trying",
            )
            return StepFailed(
                why,
                self.revision,
                blockers=self.blockers,
                attempts=self._patience.tries,
                state=sqlstate(error),
            )
        return StepFailed(error, self.revision, blockers=self.blockers, attempts=self.number)
