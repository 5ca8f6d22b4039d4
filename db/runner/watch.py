"""Watches a run from a second connection: who blocks it, that it is alive, and that no COMMIT waits for ever."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.runner.job import Job
from db.runner.report import Report
from db.runner.wire import Connection

QUIET_S = 1.0  # a step that is over sooner is not watched at all
SIGN_OF_LIFE_S = 10.0
REPLICATED_WITHIN_S = 5.0  # of a COMMIT, which may hold what the readers wait for

# Never the text of a query: it may hold a row's values. Locks, and whose they are, any role may see.
_BLOCKERS = """
SELECT DISTINCT virtualtransaction,
       pid || ' ' || coalesce(nullif(application_name, ''), 'without a name') || ', '
       || coalesce(state, 'state unknown')
       || coalesce(', since ' || extract(epoch FROM pg_catalog.clock_timestamp() - xact_start)::int || ' s', '')
  FROM pg_catalog.pg_stat_activity JOIN pg_catalog.pg_locks USING (pid)
 WHERE pid = ANY (pg_catalog.pg_blocking_pids(%s))
"""
# No timeout of the server's ends this wait; cancelled, the transaction stays committed. Whether it still waits is asked
# by what cancels it, or the next statement could be hit.
_WAITING_FOR_STANDBY = "FROM pg_catalog.pg_stat_activity WHERE pid = %s AND wait_event = 'SyncRep'"
_IS_UNREPLICATED = f"SELECT EXISTS (SELECT {_WAITING_FOR_STANDBY})"
_END_WAIT = f"SELECT pg_catalog.pg_cancel_backend(pid) {_WAITING_FOR_STANDBY}"


class Unreplicated(Refusal):
    """75: a COMMIT was not waited for until a synchronous standby had it."""

    def __init__(self) -> None:
        super().__init__(
            ExitCode.TEMPORARY,
            f"committed on this server; no synchronous standby confirmed it within {REPLICATED_WITHIN_S:g} s",
            "Look at pg_stat_replication; the next run finds what is there, and goes on",
        )


class Watch:
    """A context around a step; `blockers` are those seen in its way, in the order of their appearance."""

    def __init__(
        self,
        open_: Callable[[], Connection],
        backend: int,
        every_s: float,
        report: Report,
        what: str = "the step",
    ) -> None:
        self._open = open_
        self._backend = backend
        self._every_s = every_s
        self._report = report
        self._what = what
        self._over = threading.Event()
        self._began = self._said = time.monotonic()
        self._quiet_until = 0.0
        self._seen: dict[str, str] = {}
        self._waits_since: float | None = None  # for a synchronous standby
        self._unreplicated = False
        self.transactions: set[str] = set()  # those in the way, as pg_locks names them
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    @property
    def blockers(self) -> list[str]:
        """Who was seen in the way."""
        return list(self._seen.values())

    def begin_step(self) -> None:
        """A step begins that has met no lock yet: whoever looks on takes the server's time, so stay quiet at first."""
        self._began = self._said = time.monotonic()
        self._quiet_until = self._began + QUIET_S

    def refuse_unreplicated(self) -> None:
        """Raise Unreplicated where a COMMIT was not waited for."""
        if self._unreplicated:
            raise Unreplicated

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        with ExitStack() as stack:
            connection: Connection | None = None
            try:
                while not self._over.wait(max(self._every_s, self._quiet_until - time.monotonic())):
                    # Another step may have begun meanwhile.
                    if time.monotonic() >= self._quiet_until:
                        connection = connection or stack.enter_context(closing(self._open()))
                        self._sample(connection)
            except psycopg2.Error as error:
                # The step does not depend on being watched.
                self._report("watch.lost", f"nobody watches {self._what} any more: {type(error).__name__}")

    def _sample(self, connection: Connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BLOCKERS, (self._backend,))
            for transaction, blocker in cursor:
                self.transactions.add(transaction)
                self._seen[blocker.split(" ", 1)[0]] = blocker
        now = time.monotonic()
        self._bound_commit(connection, now)
        if now - self._said >= SIGN_OF_LIFE_S:
            self._said = now
            self._report(
                "step.running", f"{self._what} goes on, {now - self._began:.0f} s", blockers=self.blockers
            )

    def _bound_commit(self, connection: Connection, now: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_IS_UNREPLICATED, (self._backend,))
            if cursor.fetchone() != (True,):
                self._waits_since = None
                return
            self._waits_since = self._waits_since or now
            if now - self._waits_since >= REPLICATED_WITHIN_S:
                cursor.execute(_END_WAIT, (self._backend,))
                self._waits_since = None
                self._unreplicated |= cursor.fetchone() is not None


@contextmanager
def bounded(job: Job, connection: Connection, what: str) -> Iterator[None]:
    """Give up, after five seconds each, the wait of what the block commits over `connection` for a synchronous standby.

    Raises Unreplicated at its end, where that was so; `what` names it to who reads that it goes on.
    """
    every_s = job.settings.lock_timeout_ms / 2000
    watch = Watch(job.connect_again, connection.backend, every_s, job.report, what)
    watch.begin_step()
    with watch:
        yield
    watch.refuse_unreplicated()
