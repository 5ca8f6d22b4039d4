"""What /readyz answers in each standing."""

from collections.abc import Callable

import pytest

from db.contract.lineage import Lineage
from db.contract.standing import Standing
from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import CONTRACT, FIRST, IMAGE, OLD, SECOND, TRAILING, Ledger, revision
from tests.database.gate.running import readyz, running_service, until_answered, until_readyz

pytestmark = pytest.mark.anyio

WITH_TRAILING = Lineage.of([FIRST, SECOND, TRAILING])


def plain_alembic(ledger: Ledger, *heads: str) -> None:
    with ledger.transaction() as cursor:
        ledger.set_version(cursor, heads)


READY: dict[Standing, tuple[Lineage, Callable[[Ledger], None]]] = {
    Standing.AT_HEAD: (IMAGE, lambda ledger: ledger.apply(FIRST, SECOND)),
    Standing.UNFINISHED: (WITH_TRAILING, lambda ledger: ledger.apply(FIRST, SECOND)),
    Standing.AHEAD: (OLD, lambda ledger: ledger.apply(FIRST, SECOND)),
    Standing.STALE: (IMAGE, lambda ledger: plain_alembic(ledger, "0002")),
}
NOT_READY: dict[Standing, tuple[Lineage, Callable[[Ledger], None]]] = {
    Standing.EMPTY: (IMAGE, lambda _ledger: None),
    Standing.STALE: (IMAGE, lambda ledger: plain_alembic(ledger, "0001")),
    Standing.FOREIGN: (IMAGE, lambda ledger: ledger.apply(FIRST, revision("0002", "0001", digest="another"))),
    Standing.DIVERGED: (IMAGE, lambda ledger: ledger.apply(FIRST, revision("0002b", "0001"))),
    Standing.BROKEN: (OLD, lambda ledger: ledger.apply(FIRST, SECOND, CONTRACT)),
    Standing.BEHIND: (IMAGE, lambda ledger: ledger.apply(FIRST)),
}


@pytest.mark.parametrize("standing", READY)
async def test_a_schema_that_suits_the_code_takes_traffic(
    ledger: Ledger, service_url: DatabaseUrl, standing: Standing
) -> None:
    """Where nothing that the code uses is missing or gone, /readyz says 200."""
    image, prepare = READY[standing]
    prepare(ledger)
    async with running_service(service_url, image=image) as client:
        await until_readyz(client, 200)
        assert f"[+]schema {standing}: found " in (await readyz(client, "?verbose")).text


@pytest.mark.parametrize("standing", NOT_READY)
async def test_a_schema_that_does_not_suit_the_code_takes_no_traffic(
    ledger: Ledger, service_url: DatabaseUrl, standing: Standing
) -> None:
    """Where something is missing or gone, /readyz says 503 and which standing it is."""
    image, prepare = NOT_READY[standing]
    prepare(ledger)
    async with running_service(service_url, image=image) as client:
        await until_answered(client)
        answer = await readyz(client)
        assert answer.status_code == 503
        assert f"[-]schema {standing}: found " in answer.text
        assert answer.text.endswith("readyz check failed\n")


async def test_tables_without_a_version_take_no_traffic(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """A database that someone filled without a revision is not served from."""
    with ledger.transaction() as cursor:
        cursor.execute(
            "DROP TABLE alembic_version, ledger_state, ledger_revision, ledger_event, ledger_reader"
        )
        cursor.execute("CREATE TABLE player (id int)")
    async with running_service(service_url) as client:
        await until_answered(client)
        assert "[-]schema unversioned" in (await readyz(client)).text


@pytest.mark.parametrize(("found", "status"), [("0001", 503), ("0002", 200)])
async def test_without_a_ledger_the_version_alone_decides(
    ledger: Ledger, service_url: DatabaseUrl, found: str, status: int
) -> None:
    """A database that plain alembic made is served from exactly where found is expected."""
    plain_alembic(ledger, found)
    with ledger.transaction() as cursor:
        cursor.execute("DROP TABLE ledger_state, ledger_revision, ledger_event, ledger_reader")
    async with running_service(service_url) as client:
        await until_answered(client)
        await until_readyz(client, status)
