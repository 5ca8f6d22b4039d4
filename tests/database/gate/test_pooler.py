"""The gate through a transaction pooler, where LISTEN is accepted and hears nothing."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

import pytest

from db.contract.standing import Standing
from db.contract.url import DatabaseUrl
from service import deadline
from service.gate.connecting import SERVER_SETTINGS
from service.pool import Pool
from tests.database.gate.bouncer import IS_INSTALLED, pooled
from tests.database.gate.ledger import CONTRACT, FIRST, OLD, SECOND, Ledger
from tests.database.gate.running import SHORT, running_gate, running_with_pool, until, until_readyz

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not IS_INSTALLED, reason="no pgbouncer here: apt-get install pgbouncer"),
]

# One pooler refuses what the gate sets at start, another takes it and drops it.
POOLERS = ["", f"ignore_startup_parameters = {','.join(SERVER_SETTINGS)}"]


@pytest.mark.parametrize("more", POOLERS, ids=["refuses", "ignores"])
async def test_through_a_pooler_the_gate_polls(ledger: Ledger, service_url: DatabaseUrl, more: str) -> None:
    """A waiting process opens without having been told, and a ready one shuts at its heartbeat."""
    ledger.apply(FIRST)
    with pooled(service_url, more) as url:
        async with running_gate(url, **SHORT) as gate:
            await until(lambda: gate.verdict.standing is Standing.BEHIND)
            ledger.apply(SECOND)
            await until(lambda: gate.verdict.ready)
            assert len(ledger.readers()) == 1
        assert ledger.readers() == []
        async with running_gate(url, image=OLD, **SHORT) as gate:
            await until(lambda: gate.verdict.ready)
            ledger.apply(CONTRACT)
            await until(lambda: gate.verdict.standing is Standing.BROKEN)


async def test_many_gates_share_few_connections(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """No gate loses a round because the pooler gave its connection to another in between."""
    ledger.apply(FIRST, SECOND)
    with pooled(service_url) as url:
        async with AsyncExitStack() as stack:
            gates = [
                await stack.enter_async_context(running_gate(url, **{**SHORT, "pod_name": f"pod-{number}"}))
                for number in range(8)
            ]
            await until(lambda: all(gate.verdict.ready for gate in gates))
            for _ in range(3):
                before = ends_of_leases(ledger)
                await until(lambda: has_moved_on(before, ends_of_leases(ledger)))  # noqa: B023 - awaited here
            assert [gate.trouble for gate in gates] == [""] * len(gates)


def ends_of_leases(ledger: Ledger) -> dict[str, datetime]:
    return dict(ledger.rows("SELECT name, expires_at FROM ledger_reader"))


def has_moved_on(before: dict[str, datetime], after: dict[str, datetime]) -> bool:
    return all(after[name] > ends_at for name, ends_at in before.items())


async def test_requests_share_few_connections(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """The pool finds the pooler out, and keeps no statement that another session would have to know."""
    ledger.apply(FIRST, SECOND)

    async def ask(pool: Pool, number: int) -> int:
        with deadline.within(20):
            async with pool.acquire() as connection, connection.transaction():
                return int(await connection.fetchval("SELECT $1::int + 1", number))

    with pooled(service_url) as url:
        async with running_with_pool(url, service_url) as (client, pool):
            await until_readyz(client, 200)
            answers = await asyncio.gather(*(ask(pool, number) for number in range(200)))
    assert answers == [number + 1 for number in range(200)]
