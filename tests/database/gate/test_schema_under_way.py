"""/schema while something happens: how far a step came, what it waits for, and events that are worth reading."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, SECOND, Ledger, revision
from tests.database.gate.running import JSON, ask_management, running_service, until_readyz
from tests.database.migrating import rows
from tests.eventually import eventually
from tests.server.roles import SERVICE, session

pytestmark = pytest.mark.anyio

THIRD = revision("0003", "0002")
FIGURES = {"table": "player", "rows": 81, "rows_estimated": 180, "per_s": 27, "eta_s": 4}
EVENT = """
INSERT INTO ledger_event (history, operation, revision, heads, detail)
VALUES ('alembic_version', %s, %s, '{0002}', %s)
"""
# Of 100 pages with a row each, an index is built as far as the 60th.
HALT = """
CREATE FUNCTION halt(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF id = 60 THEN PERFORM pg_advisory_xact_lock_shared(4712); END IF;
    RETURN id;
END $$
"""
PLAIN = "ALTER TABLE pitch ALTER COLUMN filler SET STORAGE PLAIN"
HALTED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND NOT granted"


def say(ledger: Ledger, operation: str, about: str, **detail: Any) -> None:
    with ledger.transaction() as cursor:
        cursor.execute(EVENT, [operation, about, json.dumps(detail)])


@contextmanager
def half_an_index(owner: DatabaseUrl, builder: DatabaseUrl) -> Iterator[None]:
    """While the block runs `builder` builds an index, and is past its middle."""
    with session(owner) as cursor:
        cursor.execute(f"GRANT CREATE ON SCHEMA public TO {SERVICE}")
        cursor.execute("SELECT pg_advisory_lock(4712)")
        with ThreadPoolExecutor(1) as other:
            built = other.submit(build, builder)
            try:
                eventually(lambda: rows(owner, HALTED)[0][0] == 1 or built.done())
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(4712)")
                built.result()


def build(url: DatabaseUrl) -> None:
    with session(url) as cursor:
        for sql in ("CREATE TABLE pitch (id int, filler text)", PLAIN, HALT):
            cursor.execute(sql)
        cursor.execute("INSERT INTO pitch SELECT n, repeat('x', 7000) FROM generate_series(0, 99) AS n")
        cursor.execute("CREATE INDEX ON pitch (halt(id))")


async def test_the_progress_of_an_index_is_shown_in_percent(
    ledger: Ledger, database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """PostgreSQL counts the blocks that it has read; the page says how many of a hundred, and draws it."""
    ledger.apply(FIRST, SECOND)
    ledger.apply(THIRD, state="applying", heads=("0002",))
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        # The service's own role, since nobody else's statistics may be read without a grant.
        with half_an_index(database_url, service_url):
            document = (await ask_management(client, "/schema", JSON)).json()
            page = (await ask_management(client, "/schema")).text
        [progress] = document["progress"]
        assert (progress["command"], progress["percent"]) == ("CREATE INDEX", 60)
        assert re.search(r"CREATE INDEX: building index.*?>60 %<.*?<rect width=\"600\"", page, re.DOTALL)
        assert (await ask_management(client, "/schema", JSON)).json()["progress"] == []


async def test_the_progress_of_a_backfill_is_shown_to_any_role(
    ledger: Ledger, service_url: DatabaseUrl
) -> None:
    """The ledger tells how far a backfill came: rows, of about how many, and the newest word counts."""
    ledger.apply(FIRST, SECOND)
    say(ledger, "progress", "0003", **{**FIGURES, "rows": 170})  # of a try that is over
    ledger.apply(THIRD, state="applying", heads=("0002",))
    say(ledger, "progress", "0003", **{**FIGURES, "rows": 9})
    say(ledger, "progress", "0003", **FIGURES)
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        document = (await ask_management(client, "/schema", JSON)).json()
        page = (await ask_management(client, "/schema")).text
        ledger.apply(THIRD)
        await until_readyz(client, 200)
        afterwards = (await ask_management(client, "/schema", JSON)).json()
    [progress] = document["progress"]
    assert progress["percent"] == 45
    assert re.search(
        r"backfill of player: 81 of about 180 rows, 27 a second.*?>45 %<.*?<rect width=\"450\"",
        page,
        re.DOTALL,
    )
    assert afterwards["progress"] == []


async def test_who_is_in_the_way_is_said_while_it_is(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A step that waits for a lock stands under what is under way, with the session that holds it."""
    say(at_head, "lock-wait", "0003", blockers=["pid 4711 (psql)"])
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        document = (await ask_management(client, "/schema", JSON)).json()
        page = (await ask_management(client, "/schema")).text
        say(at_head, "upgrade", "0003")
        afterwards = (await ask_management(client, "/schema", JSON)).json()
    assert document["waits"] == [{"revision": "0003", "blockers": ["pid 4711 (psql)"]}]
    under_way = page.partition("<h2>Under way</h2>")[2].partition("</section>")[0]
    assert "waits for a lock" in under_way
    assert "in its way: pid 4711 (psql)" in under_way
    assert "<main data-moving" in page
    assert afterwards["waits"] == []


async def test_what_is_said_every_few_seconds_hides_no_event(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """A long backfill and a long wait fill the ledger; the events shown are what happened."""
    say(at_head, "hold", "0002", why="an incident")
    for _ in range(30):
        say(at_head, "progress", "0002", **FIGURES)
        say(at_head, "lock-wait", "0002", blockers=["pid 4711 (psql)"])
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        document = (await ask_management(client, "/schema", JSON)).json()
    assert [event["operation"] for event in document["events"]] == ["hold"]
