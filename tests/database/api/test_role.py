"""What the service's role may do: read and write rows, as the Job has granted it, and nothing else."""

from collections.abc import Iterator

import psycopg2.errors
import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.process import migrate
from tests.server.roles import fresh_database, session

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
]


@pytest.fixture(scope="module")
def granted_url(
    server_url: DatabaseUrl, owner_url: DatabaseUrl, unprivileged_url: DatabaseUrl
) -> Iterator[DatabaseUrl]:
    """A database that the Job has migrated for the service's role, as that role."""
    with fresh_database(server_url) as name:
        migrate(owner_url.replace(database=name))
        yield unprivileged_url.replace(database=name)


def test_rows_are_all_that_it_writes(granted_url: DatabaseUrl) -> None:
    """What its API needs, it may."""
    with session(granted_url) as cursor:
        cursor.execute("INSERT INTO player (name) VALUES ('Ana')")
        cursor.execute("UPDATE player SET name = 'Zoë'")
        cursor.execute("DELETE FROM player")


@pytest.mark.parametrize("statement", DDL)
def test_it_can_neither_move_the_schema_nor_say_that_it_was_moved(
    granted_url: DatabaseUrl, statement: str
) -> None:
    """Whoever takes over the service has rows, and no table, function, role, file or ledger."""
    with session(granted_url) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)
