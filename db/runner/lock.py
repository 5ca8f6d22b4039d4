"""The advisory lock that lets one runner at a time move a history.

It is polled, never waited for: a runner blocked in pg_advisory_lock() holds a snapshot, and CREATE INDEX
CONCURRENTLY waits for that snapshot (measured: 6 of 18 runners died of the deadlock). It is taken on the
connection that runs the DDL, so that losing one is losing the other.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.runner.cancel import Stop
from db.runner.jitter import between
from db.runner.report import Report
from db.runner.wire import Connection

POLL_S = (0.05, 0.15)
SAY_EVERY_S = 10.0

# A session holds it twice: giving one back and taking it again tells whether it holds it at all, which is asked
# before each step, in a quarter of the time that a look into pg_locks takes.
_TAKE = "SELECT pg_catalog.pg_try_advisory_lock({key}) AND pg_catalog.pg_try_advisory_lock({key})"
_IS_HELD = "pg_catalog.pg_advisory_unlock({key}) AND pg_catalog.pg_try_advisory_lock({key})"
_GIVE_BACK = "SELECT pg_catalog.pg_advisory_unlock({key}), pg_catalog.pg_advisory_unlock({key})"
_HOLDER = """
SELECT a.pid, a.application_name, a.state,
       extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)::int
  FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
   AND ((l.classid::bigint << 32) | l.objid::bigint) = %s
"""


def key(history: History) -> int:
    """The lock's key: eight bytes of a named digest, so that no other program's number meets it by chance."""
    name = f"calcio:v1:{history.schema}.{history.version_table}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


@contextmanager
def held(
    connection: Connection, history: History, budget_s: float, stop: Stop, report: Report
) -> Iterator[None]:
    """Hold the history's lock; raises Refusal with 75, naming the holder, where it is not free within `budget_s`."""
    _take(connection, key(history), budget_s, stop, report)
    try:
        yield
    finally:
        if not connection.closed and connection.autocommit:
            with connection.cursor() as cursor:
                cursor.execute(_GIVE_BACK.replace("{key}", str(key(history))))


def is_held(history: History) -> str:
    """SQL: whether the session that asks holds the lock."""
    return _IS_HELD.replace("{key}", str(key(history)))


def _take(connection: Connection, number: int, budget_s: float, stop: Stop, report: Report) -> None:
    deadline = time.monotonic() + budget_s
    say_at = 0.0
    while not _try(connection, number):
        now = time.monotonic()
        found = _holder(connection, number)
        name = _described(found)
        if now > deadline:
            raise Refusal(
                ExitCode.TEMPORARY,
                f"another run held the lock for {budget_s:.0f} s: {name}",
                "Let it finish; this run may be repeated as it is",
            )
        if now >= say_at:
            report("lock.waiting", f"another run holds the lock: {name}", holder=name)
            say_at = now + SAY_EVERY_S
        stop.wait(between(*POLL_S))


def _try(connection: Connection, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.replace("{key}", str(number)))
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def holder(connection: Connection, history: History) -> Mapping[str, Any] | None:
    """Who holds the history's lock, and for how long its session is there; None where nobody does."""
    return _holder(connection, key(history))


def _holder(connection: Connection, number: int) -> Mapping[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER, (number,))
        row = cursor.fetchone()
    return None if row is None else dict(zip(("pid", "name", "state", "age_s"), row, strict=True))


def _described(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "it has just let go"
    name, state = found["name"] or "a session without a name", found["state"] or "state unknown"
    return f"{name} (pid {found['pid']}, {state}, since {found['age_s']} s)"
