"""What a gate says while the database is frozen, locked, cut off or restarted."""

import pytest

from db.contract.standing import Standing
from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import CONTRACT, FIRST, OLD, SECOND, Ledger
from tests.database.gate.proxy import proxied
from tests.database.gate.running import (
    RARE,
    SHORT,
    readyz,
    running_gate,
    running_service,
    until,
    until_readyz,
)

pytestmark = pytest.mark.anyio

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'calcio-gate/%%'"


@pytest.mark.usefixtures("at_head")
async def test_a_frozen_database_takes_no_one_out_before_the_lease_ends(service_url: DatabaseUrl) -> None:
    """No answer is no evidence: the verdict outlives it for as long as the lease holds, and not longer."""
    async with proxied(service_url) as (url, proxy), running_gate(url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        proxy.freeze()
        await until(lambda: "not answer" in gate.trouble)
        assert gate.verdict.ready
        assert gate.lease.remaining_s > 0
        await until(lambda: not gate.verdict.ready)
        assert gate.lease.remaining_s == 0
        assert gate.verdict.standing is Standing.AT_HEAD
        assert gate.verdict.reason.startswith("the lease has ended")


@pytest.mark.usefixtures("at_head")
async def test_each_outage_is_told_and_so_is_its_end(
    service_url: DatabaseUrl, caplog: pytest.LogCaptureFixture
) -> None:
    """The second outage of a kind is as loud as the first, and between them nothing says that there is one."""
    caplog.set_level("INFO", "service.gate")
    async with proxied(service_url) as (url, proxy), running_gate(url, **{**SHORT, "lease_s": 60.0}) as gate:
        for _ in range(2):
            await until(lambda: gate.verdict.ready and not gate.trouble)
            proxy.freeze()
            await until(lambda: gate.trouble == "the database did not answer in time")
            proxy.thaw()
        await until(lambda: not gate.trouble)
    told = [line for line in caplog.messages if "no answer: " in line or "answers again" in line]
    silent = "no answer: the database did not answer in time"
    assert told == [silent, "the database answers again"] * 2


@pytest.mark.usefixtures("at_head")
async def test_past_its_lease_nothing_is_admitted(service_url: DatabaseUrl) -> None:
    """Once the lease has ended a request that needs the database is refused, with the reason."""
    async with proxied(service_url) as (url, proxy), running_service(url, **SHORT) as client:
        await until_readyz(client, 200)
        assert (await client.get("http://pod/api/v1/nothing")).status_code == 404
        proxy.freeze()
        await until_readyz(client, 503)
        answer = await client.get("http://pod/api/v1/nothing")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "2"
        assert "the lease has ended" in answer.json()["detail"]
        proxy.thaw()
        await until_readyz(client, 200)


@pytest.mark.usefixtures("at_head")
async def test_who_was_never_ready_does_not_become_so_unanswered(service_url: DatabaseUrl) -> None:
    """A process whose database has never answered waits, and says why."""
    async with proxied(service_url) as (url, proxy):
        proxy.freeze()
        async with running_gate(url, **SHORT) as gate:
            await until(lambda: "not answer" in gate.verdict.reason)
            assert not gate.verdict.ready
            proxy.thaw()
            await until(lambda: gate.verdict.ready)


async def test_a_lost_connection_is_replaced_unnoticed(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A gate whose connection is reset opens another, and nobody is turned away meanwhile."""
    async with proxied(service_url) as (url, proxy), running_gate(url) as gate:
        await until(lambda: gate.verdict.ready)
        first = at_head.rows(BACKENDS)
        proxy.cut()
        await until(lambda: at_head.rows(BACKENDS) not in (first, []))
        assert gate.verdict.ready


async def test_a_terminated_backend_is_replaced_unnoticed(
    at_head: Ledger, server_url: DatabaseUrl, database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """The same where an administrator ends the session; and what changed in between is seen by the next one."""
    superuser = Ledger(server_url.replace(database=database_url.database))
    async with running_gate(service_url, image=OLD) as gate:
        await until(lambda: gate.verdict.ready)
        superuser.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'calcio-g%%'"
        )
        at_head.apply(CONTRACT)
        await until(lambda: gate.verdict.standing is Standing.BROKEN)


async def test_a_row_that_was_lost_is_written_again(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """After a failover or a restore that lost the row, the next round registers anew."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        with at_head.transaction() as cursor:
            cursor.execute("DELETE FROM ledger_reader")
        await until(lambda: len(at_head.readers()) == 1)
        assert gate.verdict.ready


async def test_a_locked_version_table_is_no_evidence(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Who cannot read alembic_version stays as it was while its lease holds, and recovers by itself."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        with at_head.transaction() as cursor:
            cursor.execute("LOCK TABLE alembic_version")
            await until(lambda: "locked" in gate.trouble)
            assert gate.verdict.ready
            await until(lambda: not gate.verdict.ready)
        await until(lambda: gate.verdict.ready)


async def test_evidence_shuts_the_gate_whatever_is_left_of_the_lease(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """A downgrade below what the code needs refuses the very next request."""
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        with at_head.transaction() as cursor:
            cursor.execute("DELETE FROM ledger_revision WHERE revision = '0002'")
            at_head.move(cursor, ("0001",))
        assert "schema behind" in await until_readyz(client, 503)
        answer = await client.get("http://pod/api/v1/nothing")
        assert answer.status_code == 503
        assert answer.json()["standing"] == "behind"


@pytest.mark.parametrize("fault", ["nobody", "another"])
@pytest.mark.usefixtures("at_head")
async def test_a_wrong_password_is_told_in_words(service_url: DatabaseUrl, fault: str) -> None:
    """A role or a password that the server refuses is named as such, without either."""
    url = service_url.replace(password=fault) if fault == "another" else service_url.replace(user=fault)
    async with running_gate(url) as gate:
        await until(lambda: "user name and password" in gate.verdict.reason)
        assert not gate.verdict.ready


async def test_a_role_that_may_read_nothing_is_told_what_to_do(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """Without SELECT on alembic_version there is no evidence, and the remedy is named."""
    with at_head.transaction() as owner:
        owner.execute("REVOKE ALL ON alembic_version, ledger_revision, ledger_state FROM calcio_service")
    async with running_service(service_url) as client:
        await until_readyz(client, 503)
        async with running_gate(service_url) as gate:
            await until(lambda: "CALCIO_APP_ROLE" in gate.verdict.reason)
        assert (await readyz(client)).status_code == 503


async def test_a_ledger_that_cannot_be_read_is_no_evidence(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A row that no contract knows a word for ends no process, and takes no one out before the lease ends."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        with at_head.transaction() as cursor:
            cursor.execute("ALTER TABLE ledger_revision DROP CONSTRAINT ledger_revision_state_check")
            cursor.execute("UPDATE ledger_revision SET state = 'unheard of'")
            at_head.move(cursor, ("0002",))
        await until(lambda: "cannot read" in gate.trouble)
        assert gate.verdict.ready
        at_head.apply(FIRST, SECOND)
        await until(lambda: gate.session is not None and gate.lease.remaining_s > 1.5)
        assert gate.verdict.ready


def test_the_settings_of_these_tests_are_a_lease() -> None:
    """The leases used here leave room for a round between two heartbeats, as real ones do."""
    for settings in (RARE, SHORT):
        assert settings["lease_s"] > settings.get("margin_s", 45.0) + 2 * settings["heartbeat_s"]
