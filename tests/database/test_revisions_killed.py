"""Killed at any of its statements, a step that is not one transaction ends where it would have ended."""

from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from db.contract.url import DatabaseUrl
from tests.database.migrating import config, connected, downgrade, execute, rows, schema, upgrade
from tests.database.played import EXPECTED, SEASON, STATISTICS


class KilledError(BaseException):
    """What no handler of an ordinary error sees."""


def upgrade_until(url: DatabaseUrl, to: str, killed_after: int | None) -> int:
    """Upgrade, losing the connection after so many statements; returns how many it came to."""
    executed = 0

    def lose(connection: sa.Connection, *_: Any) -> None:
        nonlocal executed
        executed += 1
        if executed == killed_after:
            driver = connection.connection.driver_connection
            assert driver
            driver.close()
            raise KilledError

    with connected(url) as connection:
        sa.event.listen(connection, "after_cursor_execute", lose)
        with suppress(KilledError, sa.exc.SQLAlchemyError):
            command.upgrade(config(connection), to)
    return executed


@pytest.mark.parametrize(
    ("before", "revision", "undo"),
    [
        ("0002", "0003", "SELECT 1"),
        ("0004", "0005", "SELECT 1"),
        ("0006", "0007", "TRUNCATE season_statistics"),
        ("0007", "0008", "TRUNCATE season_statistics"),
    ],
)
def test_a_step_killed_at_any_statement_is_completed_by_the_next_run(
    database_url: DatabaseUrl, before: str, revision: str, undo: str
) -> None:
    """Whatever a dead run left, the next one makes the schema and the rows of an undisturbed one."""
    upgrade(database_url, "0001")
    execute(database_url, *SEASON)
    upgrade(database_url, before)
    statements = upgrade_until(database_url, revision, None)
    expected = schema(database_url)
    for killed_after in range(1, statements + 1):
        downgrade(database_url, before)
        execute(database_url, undo)
        assert upgrade_until(database_url, revision, killed_after) == killed_after
        upgrade(database_url, revision)
        assert schema(database_url) == expected
        assert revision < "0007" or rows(database_url, STATISTICS) == EXPECTED
