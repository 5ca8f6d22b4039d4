"""The sessions that requests share: what they begin with, and what they no longer send."""

from typing import Any

import asyncpg
import pytest

from db.contract.url import DatabaseUrl
from service import deadline
from service.deadline import DeadlineOverError
from service.gate.trouble import LapsedError, UnfitSchemaError
from tests.database.gate.ledger import CONTRACT, OLD, TRAILING, Ledger
from tests.database.gate.running import fetched, readyz, running_with_pool, until, until_readyz
from tests.server.roles import fresh_database

pytestmark = pytest.mark.anyio

# So that no notification is what closes the gate.
DEAF: dict[str, Any] = {"gate_listen": False}
SERVING = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'calcio-service/0002/%%'"
SESSIONS = "SELECT sessions FROM pg_stat_database WHERE datname = %s"


async def test_a_new_session_begins_with_a_look_at_the_schema(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """A contract that nobody heard of is met before the first query, and shuts the gate."""
    async with running_with_pool(service_url, image=OLD, **DEAF) as (client, pool):
        await until_readyz(client, 200)
        at_head.apply(CONTRACT)
        with deadline.within(5), pytest.raises(UnfitSchemaError, match="0004"):
            await pool.take()
        assert pool.idle == pool.busy == 0
        assert "[-]schema broken" in (await readyz(client)).text


async def test_a_new_session_looks_whether_any_contract_waits_for_it(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """Where the row has lapsed, or nearly, the lease that is believed in ends, and a whole round begins another one."""
    async with running_with_pool(service_url, image=OLD, **DEAF) as (client, pool):
        await until_readyz(client, 200)
        at_head.execute("UPDATE ledger_reader SET expires_at = clock_timestamp() + interval '44 seconds'")
        with deadline.within(5), pytest.raises(LapsedError):
            await pool.take()
        assert pool.idle == pool.busy == 0
        await until_readyz(client, 200)
        assert at_head.rows(
            "SELECT FROM ledger_reader WHERE expires_at > clock_timestamp() + interval '50 minutes'"
        )
        with deadline.within(5):
            await fetched(pool, "SELECT 1")


async def test_a_pool_that_points_elsewhere_keeps_the_gate_shut(
    at_head: Ledger, server_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """Where requests would meet another database than the gate did, what they would meet decides."""
    with fresh_database(server_url) as elsewhere:
        url = service_url.replace(database=elsewhere)
        async with running_with_pool(url, service_url) as (client, pool):
            await until_readyz(client, 200)
            with deadline.within(5), pytest.raises(UnfitSchemaError, match="empty"):
                await pool.take()
            proofs = at_head.rows(SESSIONS, elsewhere)
            at_head.apply(TRAILING)
            await until(lambda: at_head.rows(SESSIONS, elsewhere) > proofs)
            assert "[-]schema empty" in await until_readyz(client, 503)


async def test_sessions_do_not_outlive_the_schema_they_know(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """When found changes, the plans that were made before are not used after."""
    async with running_with_pool(service_url) as (client, pool):
        await until_readyz(client, 200)
        with deadline.within(20):
            before = await fetched(pool, "SELECT pg_backend_pid()")
            assert before == await fetched(pool, "SELECT pg_backend_pid()")
            at_head.apply(TRAILING)
            while "0003" not in (await readyz(client, "?verbose")).text:
                await fetched(pool, "SELECT 1")
            assert before != await fetched(pool, "SELECT pg_backend_pid()")


@pytest.mark.usefixtures("at_head")
async def test_nothing_is_sent_past_the_deadline(service_url: DatabaseUrl) -> None:
    """A request whose time is over sends no statement but the one that undoes what it did."""
    async with running_with_pool(service_url) as (client, pool):
        await until_readyz(client, 200)
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            with deadline.within(5):
                await transaction.start()
                await connection.execute("CREATE TEMPORARY TABLE mark (id int)")
            with deadline.within(0):
                with pytest.raises(DeadlineOverError):
                    await connection.execute("DROP TABLE mark")
                await transaction.rollback()
            with deadline.within(5):
                assert await connection.fetchval("SELECT to_regclass('mark')") is None


@pytest.mark.usefixtures("at_head")
@pytest.mark.parametrize("method", ["execute", "fetch", "fetchrow", "fetchval"])
async def test_nothing_is_sent_without_a_request(service_url: DatabaseUrl, method: str) -> None:
    """Code that no admission let in cannot use the pool."""
    async with running_with_pool(service_url) as (client, pool):
        await until_readyz(client, 200)
        async with pool.acquire() as connection:
            with pytest.raises(DeadlineOverError):
                await getattr(connection, method)("SELECT 1")


@pytest.mark.usefixtures("at_head")
async def test_what_cannot_be_checked_cannot_be_used(service_url: DatabaseUrl) -> None:
    """A prepared statement would go around the check."""
    async with running_with_pool(service_url) as (client, pool):
        await until_readyz(client, 200)
        with deadline.within(5):
            async with pool.acquire() as connection:
                with pytest.raises(NotImplementedError):
                    await connection.prepare("SELECT 1")


@pytest.mark.usefixtures("at_head")
async def test_an_exhausted_pool_takes_no_one_out(service_url: DatabaseUrl) -> None:
    """Where every session is taken a request waits for its deadline, and the pod stays ready."""
    settings: dict[str, Any] = {"pool_size": 1, "request_deadline_s": 0.2, "public_reads": True}
    async with running_with_pool(service_url, **settings) as (client, pool):
        await until_readyz(client, 200)
        async with pool.acquire():
            answer = await client.get("http://pod/api/v1/players")
            assert answer.status_code == 503
            assert answer.json()["detail"] == "the request took longer than 0.2 s"
            assert (await readyz(client)).status_code == 200


@pytest.mark.usefixtures("at_head")
async def test_what_the_url_says_of_times_is_obeyed(service_url: DatabaseUrl) -> None:
    """Times in the URL go before those of the settings."""
    url = service_url.replace(parameters={"command_timeout": "0.2", "connect_timeout": "5"})
    async with running_with_pool(url) as (client, pool):
        await until_readyz(client, 200)
        with deadline.within(5), pytest.raises(TimeoutError):
            await fetched(pool, "SELECT pg_sleep(5)")


@pytest.mark.usefixtures("at_head")
async def test_a_session_is_reused_as_it_is(service_url: DatabaseUrl) -> None:
    """Giving a session back costs no round trip, and leaves no transaction open."""
    async with running_with_pool(service_url, pool_size=1) as (client, pool):
        await until_readyz(client, 200)
        with deadline.within(5):
            with pytest.raises(asyncpg.PostgresSyntaxError):
                async with pool.acquire() as connection, connection.transaction():
                    await connection.execute("SELEKT")
            assert await fetched(pool, "SELECT pg_current_xact_id_if_assigned()") is None


async def test_who_keeps_a_session_does_not_keep_the_process(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """The end of the service cuts off what was never given back."""
    async with running_with_pool(service_url) as (client, pool):
        await until_readyz(client, 200)
        await pool.take()
        assert len(at_head.rows(SERVING)) == 1
    await until(lambda: at_head.rows(SERVING) == [])
