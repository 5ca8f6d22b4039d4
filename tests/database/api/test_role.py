"""What the service's role may do: read and write rows, as the Job has granted it, and nothing else."""

from collections.abc import Iterator
from contextlib import suppress

import psycopg2.errors
import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.process import migrate
from tests.database.migrating import execute, rows
from tests.server.roles import SERVICE, fresh_database, session

DDL = [
    "CREATE TABLE anything (id int)",
    "CREATE VIEW anything AS SELECT 1",
    "CREATE SCHEMA anything",
    "CREATE FUNCTION anything() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE INDEX ON player (name)",
    "ALTER TABLE player ADD COLUMN anything int",
    "ALTER TABLE player OWNER TO CURRENT_USER",
    "ALTER TABLE player DISABLE TRIGGER ALL",
    "DROP TABLE goal",
    "TRUNCATE goal",
    "CREATE ROLE anything",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "CREATE PUBLICATION anything FOR TABLE player",
    "COPY player TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM ledger_revision",
    "UPDATE ledger_state SET heads = '{}'",
    "DELETE FROM ledger_event",
    "DO 'BEGIN CREATE TABLE anything (id int); END'",
    "CREATE TYPE anything AS (id int)",
    "CREATE SEQUENCE anything",
    "CREATE TRIGGER anything BEFORE INSERT ON player FOR EACH ROW EXECUTE FUNCTION ledger_notify()",
    "CREATE RULE anything AS ON INSERT TO player DO INSTEAD NOTHING",
    "CREATE POLICY anything ON player",
    "COMMENT ON TABLE player IS 'anything'",
    "SELECT setval('player_id_seq', 1)",
    "INSERT INTO ledger_event (history, operation, heads, detail) VALUES ('alembic_version', 'x', '{}', '{}')",
]
ESCAPES = [
    "SET ROLE calcio",
    "SET SESSION AUTHORIZATION calcio",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "REASSIGN OWNED BY calcio TO CURRENT_USER",
    "DROP OWNED BY calcio",
    "CREATE DATABASE anything",
    "CREATE TABLESPACE anything LOCATION '/tmp'",
    "CREATE EXTENSION dblink",
    "LOAD 'auto_explain'",
    "COPY player TO '/tmp/anything'",
    "COPY player FROM PROGRAM 'id'",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/anything')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "SELECT set_config('session_replication_role', 'replica', false)",
    "UPDATE pg_class SET relname = relname",
]
TEMPORARY = [
    "CREATE TEMP TABLE anything (id int)",
    "CREATE TEMP VIEW anything AS SELECT 1",
    "CREATE TABLE pg_temp.anything AS SELECT * FROM player",
    "CREATE FUNCTION pg_temp.anything() RETURNS int LANGUAGE sql RETURN 1",
    "SELECT * INTO TEMP anything FROM player",
]
# PostgreSQL only warns, and does nothing.
IDLE = ["GRANT ALL ON player TO PUBLIC", "REVOKE ALL ON player FROM calcio", "GRANT calcio TO CURRENT_USER"]
RIGHTS = "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"


@pytest.fixture(scope="module")
def granted_url(
    server_url: DatabaseUrl, owner_url: DatabaseUrl, unprivileged_url: DatabaseUrl
) -> Iterator[DatabaseUrl]:
    """A database that the Job has migrated for the service's role, as that role."""
    with fresh_database(server_url) as name:
        # As kustomize/components/provide-postgres makes one, and docs/adopting.md asks for.
        for sql in ("REVOKE ALL ON DATABASE {} FROM PUBLIC", "GRANT CONNECT ON DATABASE {} TO {}"):
            execute(owner_url.replace(database=name), sql.format(name, SERVICE))
        migrate(owner_url.replace(database=name))
        yield unprivileged_url.replace(database=name)


def test_rows_are_all_that_it_writes(granted_url: DatabaseUrl) -> None:
    """What its API needs, it may."""
    with session(granted_url) as cursor:
        cursor.execute("INSERT INTO player (name) VALUES ('Ana')")
        cursor.execute("UPDATE player SET name = 'Zoë'")
        cursor.execute("DELETE FROM player")


@pytest.mark.parametrize("statement", DDL + TEMPORARY)
def test_it_can_neither_move_the_schema_nor_say_that_it_was_moved(
    granted_url: DatabaseUrl, statement: str
) -> None:
    """Whoever takes over the service has rows, and no table, function, role, file or ledger."""
    with session(granted_url) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)


@pytest.mark.parametrize("statement", ESCAPES)
def test_it_becomes_nobody_else_and_leaves_the_database_by_no_door(
    granted_url: DatabaseUrl, statement: str
) -> None:
    """No other role, no file, no program, no setting of the server, no password."""
    with session(granted_url) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)


@pytest.mark.parametrize("statement", IDLE)
def test_it_gives_nobody_a_right(granted_url: DatabaseUrl, owner_url: DatabaseUrl, statement: str) -> None:
    """What it does not own it cannot share: where the server does not refuse, nothing has changed."""
    owner = owner_url.replace(database=granted_url.database)
    before = rows(owner, RIGHTS)
    with session(granted_url) as cursor, suppress(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)
    assert rows(owner, RIGHTS) == before
    assert rows(owner, f"SELECT pg_has_role('{SERVICE}', 'calcio', 'member')") == [(False,)]
