"""Tells a pooler that lends sessions from one that lends transactions, and makes a lent session fit for a run.

What that costs, and how sure it is: docs/decisions/0015.
"""

import select
import time
from collections.abc import Mapping
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_WRITE

from db.contract.names import literal
from db.contract.refusal import ExitCode, Refusal
from db.runner.jitter import between
from db.runner.wire import Connection

REMEDY = "Name PostgreSQL itself in DATABASE_URL_DIRECT"
LENT = (
    "a connection pooler that lends sessions stands before PostgreSQL: the run sets what it needs in each of them;"
    " should this node vanish, its lock is held until the pooler notices"
)
ROUNDS = 12
SECOND_WITHIN_S = 5.0
_BACKEND = "SELECT pg_catalog.pg_backend_pid()"


def backend(connection: Connection) -> int:
    """The server's process that answers now."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKEND)
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def demand_sessions(connection: Connection, arguments: Mapping[str, Any]) -> None:
    """Raise Refusal with 76 unless the pooler gives `connection`, and one beside it, a server of its own for good.

    `arguments` open the one beside it. Who lends for a transaction gives the two the same server, or each of them
    now this one, now that: they ask in an order that no pooler can keep up with by chance.
    """
    deadline = time.monotonic() + SECOND_WITHIN_S
    ours, theirs = set(), set()
    try:
        # Without this deadline a pool that has no second session to lend keeps the run for as long as it likes.
        beside = psycopg2.connect(**arguments, async_=1)
        try:
            _wait(beside, deadline)
            for _ in range(ROUNDS):
                if first := between(0, 1) < 0.5:
                    ours.add(backend(connection))
                theirs.add(_backend_beside(beside, deadline))
                if not first:
                    ours.add(backend(connection))
        finally:
            beside.close()
    except (psycopg2.OperationalError, TimeoutError):
        raise Refusal(
            ExitCode.POOLER,
            "a connection pooler stands before PostgreSQL, and lends no second session",
            REMEDY,
        ) from None
    if not (len(ours) == len(theirs) == 1 and ours != theirs):
        raise Refusal(
            ExitCode.POOLER,
            "a connection pooler stands before PostgreSQL, and a lock of this session would not be held",
            REMEDY,
        )


def furnish(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set by SET what `options` would have set; `connection` is in autocommit, and returns to this when cleaned."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.current_setting('client_encoding')")
        (encoding,) = cursor.fetchone() or ("UTF8",)
        # Who had the session before may have left a role, a lock or a temporary table in it.
        cursor.execute("DISCARD ALL")
        all_ = {**settings, "client_encoding": encoding}
        calls = (f"pg_catalog.set_config({literal(name)}, {literal(all_[name])}, false)" for name in all_)
        connection.is_lent = True
        connection.clean = f"{Connection.clean}; SELECT {', '.join(calls)}"
        cursor.execute(connection.clean)


def _backend_beside(beside: Connection, deadline: float) -> int:
    with beside.cursor() as cursor:
        cursor.execute(_BACKEND)
        _wait(beside, deadline)
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def _wait(beside: Connection, deadline: float) -> None:
    """Return when it is connected, or has its answer; raises TimeoutError at the deadline."""
    while (state := beside.poll()) != POLL_OK:
        left_s = deadline - time.monotonic()
        reads, writes = ([], [beside]) if state == POLL_WRITE else ([beside], [])
        if left_s <= 0 or select.select(reads, writes, [], left_s) == ([], [], []):
            raise TimeoutError
