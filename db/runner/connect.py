"""Opens the one connection that holds the lock and runs the DDL, and proves that it is fit for both."""

import re
import time
from functools import partial
from typing import Any

import psycopg2

from db.contract.names import quoted
from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl
from db.runner import pooling
from db.runner.cancel import Stop
from db.runner.jitter import between
from db.runner.report import Report
from db.runner.settings import RunnerSettings
from db.runner.turned_away import why
from db.runner.wire import Connection

OLDEST_SERVER = 15
APPLICATION_NAME_BYTES = 63

_PROOF = """
SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('transaction_read_only') = 'on',
       pg_catalog.current_setting('server_version_num')::int / 10000,
       EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s)
"""
_TRY_AGAIN = {ExitCode.TEMPORARY, ExitCode.UNREACHABLE}


def connect(url: DatabaseUrl, settings: RunnerSettings, head: str, stop: Stop, report: Report) -> Connection:
    """Open a connection in autocommit, fit for lock and DDL, within CALCIO_CONNECT_DEADLINE_S.

    Raises Refusal with 69 (not reached), 75 (no slot), 76 (pooler), 77 (not let in), 78 (no such database or
    schema, TLS, a server that is too old), 83 (read-only).
    """
    connection = _open(url, settings, head, stop, report)
    stop.watch(connection, partial(second, url, settings, head))
    try:
        _prove(connection, settings)
        if connection.backend != connection.info.backend_pid:
            pooling.demand_sessions(connection, _arguments(url, settings, head))
            pooling.furnish(connection, _lent_settings(url, settings, head))
    except Refusal:
        connection.close()
        raise
    return connection


def second(url: DatabaseUrl, settings: RunnerSettings, head: str) -> Connection:
    """One more connection in autocommit, to look on; raises psycopg2.OperationalError where there is none."""
    connection = _session(url, settings, head)
    connection.backend = pooling.backend(connection)
    if connection.backend != connection.info.backend_pid:
        pooling.furnish(connection, _lent_settings(url, settings, head))
    return connection


def application_name(settings: RunnerSettings, head: str) -> str:
    """How this process calls itself in pg_stat_activity."""
    return f"calcio-migrate/{head}/{settings.pod_name}"[:APPLICATION_NAME_BYTES]


def _open(url: DatabaseUrl, settings: RunnerSettings, head: str, stop: Stop, report: Report) -> Connection:
    deadline = time.monotonic() + settings.connect_deadline_s
    pause_s, tries = 0.25, 0
    while True:
        tries += 1
        try:
            return _session(url, settings, head)
        except psycopg2.OperationalError as error:
            refusal = why(error, url)
            # A Secret that is being rotated is wrong for a moment: one more try, once.
            again = refusal.code in _TRY_AGAIN or (refusal.code is ExitCode.PERMISSION and tries == 1)
            if not again or time.monotonic() + pause_s > deadline:
                raise refusal from None
            report("waiting", f"{refusal.message}; trying again", code=int(refusal.code), tries=tries)
            stop.wait(pause_s * between(0.5, 1.0))
            pause_s = min(pause_s * 2, 5.0)


def _session(url: DatabaseUrl, settings: RunnerSettings, head: str) -> Connection:
    connection: Connection = psycopg2.connect(
        **_arguments(url, settings, head), connection_factory=Connection
    )
    connection.autocommit = True
    return connection


def _arguments(url: DatabaseUrl, settings: RunnerSettings, head: str) -> dict[str, Any]:
    arguments = {
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    } | url.for_psycopg2()
    ours = " ".join(f"-c {name}={_escaped(value)}" for name, value in server_settings(settings).items())
    # A setting of the URL's own comes last, and wins.
    options = f"{ours} {arguments.get('options') or ''}".strip()
    return arguments | {"options": options, "application_name": application_name(settings, head)}


def _lent_settings(url: DatabaseUrl, settings: RunnerSettings, head: str) -> dict[str, str]:
    named = {"application_name": application_name(settings, head)}
    return {**server_settings(settings), **url.server_settings, **named}


def _escaped(value: str) -> str:
    """As libpq's `options` wants it."""
    return re.sub(r"([\\ ])", r"\\\1", value)


def server_settings(settings: RunnerSettings) -> dict[str, str]:
    """What RESET ALL returns to. All of these may be set by a role without privileges."""
    return {
        "lock_timeout": f"{settings.lock_timeout_ms:.0f}ms",
        "statement_timeout": f"{settings.statement_timeout_s * 1000:.0f}ms",
        "client_connection_check_interval": "500ms",
        "idle_in_transaction_session_timeout": "60s",
        "idle_session_timeout": "0",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "15s",
        "datestyle": "ISO",
        "default_transaction_isolation": "read committed",
        "search_path": quoted(settings.schema),
    }


def _prove(connection: Connection, settings: RunnerSettings) -> None:
    """Note the backend; raises Refusal where the server is of no use."""
    with connection.cursor() as cursor:
        cursor.execute(_PROOF, (settings.schema,))
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    backend, in_recovery, read_only, version, has_schema = row
    connection.backend = int(backend)
    if version < OLDEST_SERVER:
        raise Refusal(
            ExitCode.CONFIGURATION, f"the server is PostgreSQL {version}, expected {OLDEST_SERVER} or later"
        )
    if in_recovery or read_only:
        what = "a standby" if in_recovery else "read-only by default for this role or database"
        raise Refusal(
            ExitCode.READ_ONLY,
            f"the database is {what}",
            "Name the primary in the URL, or let the role write",
        )
    if not has_schema:
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"the database has no schema {settings.schema}",
            "Create it, or correct CALCIO_SCHEMA",
        )
