"""Founds the ledger beside alembic_version, and knows the server again."""

from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from db.contract import tables
from db.contract.ledger import FORMAT
from db.contract.names import History, quoted
from db.contract.refusal import ExitCode, Refusal
from db.runner.overtaken import Overtaken
from db.runner.wire import Connection

# As Alembic itself makes it, so that plain `alembic` finds what it expects.
_VERSION_TABLE = """
CREATE TABLE {version} (version_num varchar(32) NOT NULL, CONSTRAINT {constraint} PRIMARY KEY (version_num))
"""
_WHAT_IS_THERE = """
SELECT pg_catalog.to_regclass(%(version)s) IS NOT NULL AS has_version,
       pg_catalog.to_regclass(%(state)s) IS NOT NULL AS has_ledger,
       pg_catalog.has_schema_privilege(%(schema)s, 'CREATE') AS may_create,
       (SELECT pg_catalog.has_table_privilege(oid, 'INSERT, UPDATE, DELETE')
          FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(version)s)) AS may_write,
       (SELECT pg_catalog.pg_has_role(relowner, 'USAGE')
          FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(version)s)) AS owns_version
"""
# Another timeline: a failover. Another start: a restart or a restore. Either may have lost readers' rows.
SERVER = """
(SELECT pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)
        || ' ' || pg_catalog.pg_postmaster_start_time()::text)
"""
_FIRST_STATE = f"""
INSERT INTO {{schema}}.ledger_state (history, format, heads, change, server, server_seen_at)
SELECT {{history}}, {FORMAT}, '{{}}', 1, {SERVER},
       CASE WHEN %s THEN timestamptz '-infinity' ELSE pg_catalog.clock_timestamp() END
"""
_SEE_SERVER = f"""
UPDATE {{schema}}.ledger_state SET server = {SERVER}, server_seen_at = pg_catalog.clock_timestamp()
 WHERE history = {{history}} AND server <> {SERVER}
"""


def found_ledger(connection: Connection, history: History, *, in_empty_database: bool) -> bool:
    """Make the version table and the ledger where they are missing, in one transaction; answers whether it did.

    Raises Refusal with 77 where this role may not write the one, or make the other, and Overtaken where plain
    `alembic` was about to make the one.
    """
    try:
        return _found(connection, history, in_empty_database=in_empty_database)
    except (psycopg2.errors.UniqueViolation, psycopg2.errors.DuplicateTable) as error:
        raise Overtaken from error


def _found(connection: Connection, history: History, *, in_empty_database: bool) -> bool:
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        there = _what_is_there(cursor, history)
        if there["has_ledger"] and there["has_version"] and _has_state(cursor, history):
            return False
        if not there["may_create"]:
            raise Refusal(
                ExitCode.PERMISSION,
                f"this role may not create tables in the schema {history.schema}",
                f"As its owner: GRANT CREATE ON SCHEMA {history.schema} TO the Job's role",
            )
        if not there["has_version"]:
            constraint = quoted(f"{history.version_table}_pkc")
            cursor.execute(history.fill(_VERSION_TABLE.replace("{constraint}", constraint)))
        if not there["has_ledger"]:
            for statement in tables.CREATE:
                cursor.execute(history.fill(statement))
        if there["owns_version"] is not False:
            cursor.execute(history.fill(tables.TRIGGER))
        cursor.execute(history.fill(_FIRST_STATE), (in_empty_database,))
    return True


def _what_is_there(cursor: RealDictCursor, history: History) -> dict[str, Any]:
    names = {
        "version": history.fill("{version}"),
        "state": history.fill("{schema}.ledger_state"),
        "schema": history.schema,
    }
    cursor.execute(_WHAT_IS_THERE, names)
    there = dict(cursor.fetchone() or {})
    if there["may_write"] is False:
        raise Refusal(
            ExitCode.PERMISSION,
            f"this role may not write {history}",
            f"As its owner: GRANT INSERT, UPDATE, DELETE ON {history} TO the Job's role",
        )
    return there


def see_server(connection: Connection, history: History) -> None:
    """Write down a server that is not the one of the last run, and that it was seen now."""
    with connection, connection.cursor() as cursor:
        cursor.execute(history.fill(_SEE_SERVER))


def _has_state(cursor: RealDictCursor, history: History) -> bool:
    cursor.execute(history.fill("SELECT format FROM {schema}.ledger_state WHERE history = {history}"))
    row = cursor.fetchone()
    if row is not None and row["format"] > FORMAT:
        raise Refusal(
            ExitCode.NOT_FOR_THIS_IMAGE,
            f"the ledger has format {row['format']}, this image writes {FORMAT}",
            "A newer release keeps it: let its Job do this",
        )
    return row is not None
