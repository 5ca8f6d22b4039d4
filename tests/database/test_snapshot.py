"""The statement that takes a Snapshot says what the ledger holds, through either driver."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import asyncpg
import psycopg2
import pytest

from db.contract.ledger import Row, Snapshot, State
from db.contract.lineage import Clause
from db.contract.names import History
from db.contract.url import DatabaseUrl
from db.runner.look import look
from service.gate.session import take_snapshot
from tests.database.gate.ledger import Ledger

AT = datetime(2025, 10, 1, 18, 30, 0, 123456, UTC)
ROWS = (
    Row("0001", State.APPLIED, ("first", "accepted"), (), "1-4-0", AT),
    Row(
        "a revision, and its comma", State.APPLYING, (), (Clause(None, "0001"), Clause("0001", "x")), None, AT
    ),
    Row("0002", State.REVERTING, ("one",), (Clause("0001", "0002"),), "dev", AT),
)
INSERT = """
INSERT INTO ledger_revision (history, revision, down_revisions, phase, breaks, required, state, digests, source,
                             release, applied_at)
VALUES (%s, %s, '{}', 'expand', %s, true, %s, %s, 'step', %s, %s)
"""


def through_psycopg2(url: DatabaseUrl) -> Snapshot:
    with closing(psycopg2.connect(**url.for_psycopg2())) as connection:
        connection.autocommit = True
        return look(connection, History())


def through_asyncpg(url: DatabaseUrl) -> Snapshot:
    async def ask() -> Snapshot:
        connection = await asyncpg.connect(**url.for_asyncpg())
        try:
            return await take_snapshot(connection, History())
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.fixture
def ledger(database_url: DatabaseUrl, unprivileged_url: DatabaseUrl) -> Ledger:  # noqa: ARG001 - the role is granted
    """A ledger without a revision yet."""
    ledger = Ledger(database_url)
    ledger.create()
    return ledger


@pytest.mark.parametrize("take", [through_psycopg2, through_asyncpg])
def test_a_snapshot_says_what_the_ledger_holds(
    ledger: Ledger, database_url: DatabaseUrl, take: Callable[[DatabaseUrl], Snapshot]
) -> None:
    """States, digests, clauses, releases and times come back as they were written; other histories do not."""
    with ledger.transaction() as cursor:
        for history, prefix in ((History().version_table, ""), ("another", "its ")):
            for row in ROWS:
                breaks, digests = list(map(str, row.breaks)), list(row.digests)
                cursor.execute(
                    INSERT, (history, prefix + row.revision, breaks, row.state, digests, row.release, AT)
                )
        ledger.move(cursor, ("0002", "0001"))
    expected = Snapshot(("0001", "0002"), True, ("0002", "0001"), 1, {row.revision: row for row in ROWS})
    assert take(database_url) == expected


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("take", [through_psycopg2, through_asyncpg])
def test_an_empty_ledger_has_no_rows(
    database_url: DatabaseUrl, take: Callable[[DatabaseUrl], Snapshot]
) -> None:
    """A ledger that was only founded says so: nothing is applied, and nothing is missing from the answer."""
    assert take(database_url) == Snapshot((), False, (), 0, {})
