"""What a dead run or a stranger left under our names is never taken for our own work."""

import pytest
import sqlalchemy as sa

from db.contract.url import DatabaseUrl
from tests.database.migrating import execute, rows, schema, upgrade

INDEX = "ix_player_lower_name_id"
FOUND = f"SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = to_regclass('{INDEX}')"


def test_an_invalid_index_is_dropped_and_built(database_url: DatabaseUrl) -> None:
    """An index build that died leaves an INVALID one; IF NOT EXISTS would keep it for ever."""
    upgrade(database_url, "0002")
    execute(database_url, "INSERT INTO player (name) VALUES ('Ana'), ('Ana')")
    with pytest.raises(sa.exc.IntegrityError):
        execute(database_url, f"CREATE UNIQUE INDEX CONCURRENTLY {INDEX} ON player (name)")
    assert rows(database_url, FOUND) == [(False, True)]
    upgrade(database_url, "0003")
    assert rows(database_url, FOUND) == [(True, False)]


def test_a_valid_index_of_another_definition_is_built_anew(database_url: DatabaseUrl) -> None:
    """The name alone does not make it ours."""
    upgrade(database_url, "0002")
    execute(database_url, f"CREATE UNIQUE INDEX {INDEX} ON player (id)")
    upgrade(database_url, "0003")
    (definition,) = [line for line in schema(database_url) if line.startswith(f"index CREATE INDEX {INDEX}")]
    assert 'btree (lower(name) COLLATE "C", id)' in definition


def test_a_finished_index_is_not_built_again(database_url: DatabaseUrl) -> None:
    """A run that died between the index and the version row has done the long part of its work."""
    upgrade(database_url, "0002")
    execute(database_url, f'CREATE INDEX {INDEX} ON player (lower(name) COLLATE "C", id)')
    identity = f"SELECT to_regclass('{INDEX}')::oid"
    before = rows(database_url, identity)
    upgrade(database_url, "0003")
    assert rows(database_url, identity) == before


def test_a_null_that_is_there_stops_not_null_and_nothing_else_is_lost(database_url: DatabaseUrl) -> None:
    """The step says which constraint is violated; with the row put right the next run completes it."""
    upgrade(database_url, "0004")
    execute(
        database_url,
        "INSERT INTO player (name) VALUES ('Ana')",
        "INSERT INTO session (starts_at, venue) VALUES (now(), 'hall')",
        "INSERT INTO availability VALUES (1, 1, 'yes', NULL)",
    )
    with pytest.raises(sa.exc.IntegrityError, match="ck_availability_answered_at_not_null"):
        upgrade(database_url, "0005")
    execute(database_url, "UPDATE availability SET answered_at = now()")
    upgrade(database_url, "0005")
    assert [line for line in schema(database_url) if "answered_at" in line] == [
        "column availability.answered_at timestamp with time zone not null default now()"
    ]
