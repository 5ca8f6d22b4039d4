"""The engine that revisions run on: its first connection is the one that holds the lock."""

import re
from typing import Any

import sqlalchemy as sa

from db.runner.job import Job
from db.runner.wire import Connection, Cursor

_CONCURRENTLY = re.compile(
    r"\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>\S+)\s+ON\b"
    r"|(?:DROP|REINDEX)\b.*\bCONCURRENTLY\b)",
    re.IGNORECASE,
)
_LEFT_INVALID = """
SELECT indexrelid::regclass::text FROM pg_catalog.pg_index
 WHERE indexrelid = pg_catalog.to_regclass(%s) AND NOT indisvalid
"""


def engine_on(raw: Connection, job: Job) -> sa.Engine:
    """An engine that lends `raw` first and never closes it.

    What a revision opens beside it, through `op.get_bind().engine`, is a session of its own, as with plain `alembic`.
    """
    parts, _ = job.url.for_sqlalchemy()
    lent = [raw]
    engine = sa.create_engine(
        sa.URL.create(**parts),
        creator=lambda: lent.pop() if lent else _beside(job),
        poolclass=sa.NullPool,
        use_native_hstore=False,
    )
    close = engine.dialect.do_close

    def keep(connection: Any) -> None:
        if connection is not raw:
            close(connection)

    engine.dialect.do_close = keep  # type: ignore[assignment, method-assign] # a pool that closes all but one does not exist
    sa.event.listen(engine, "before_cursor_execute", _be_patient)
    sa.event.listen(engine, "after_cursor_execute", _be_as_before)
    return engine


def _beside(job: Job) -> Connection:
    connection = job.connect_again()
    connection.autocommit = False
    return connection


def _be_patient(connection: sa.Connection, cursor: Cursor, statement: str, *_: Any) -> None:
    """Concurrent index work waits in nobody's way, and cut short it leaves an INVALID index: to be built anew."""
    if not (work := _CONCURRENTLY.match(statement)):
        return
    cursor.execute("SELECT pg_catalog.current_setting('lock_timeout')")
    connection.info["lock_timeout"] = cursor.fetchall()[0][0]
    cursor.execute("SET lock_timeout = 0")
    if work["name"]:
        cursor.execute(_LEFT_INVALID, (work["name"],))
        for (left,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX CONCURRENTLY {left}")


def _be_as_before(connection: sa.Connection, cursor: Cursor, statement: str, *_: Any) -> None:
    if _CONCURRENTLY.match(statement):
        cursor.execute(
            "SELECT pg_catalog.set_config('lock_timeout', %s, false)", (connection.info.pop("lock_timeout"),)
        )
