"""Rounds: registering, renewing, hearing of a change, leaving."""

import asyncio
from datetime import timedelta

import pytest

from db.contract.lineage import Lineage
from db.contract.standing import Standing
from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import CONTRACT, FENCE, FIRST, IMAGE, OLD, SECOND, Ledger
from tests.database.gate.running import SHORT, running_gate, until

pytestmark = pytest.mark.anyio


async def test_who_serves_is_registered(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A process that is ready has a row with its heads, which lives for about a lease."""
    async with running_gate(service_url) as gate:
        await until(lambda: gate.verdict.ready)
        [(name, heads, expires_at)] = at_head.readers()
        [(now,)] = at_head.rows("SELECT now()")
    assert (name, heads) == ("pod", ["0002"])
    assert timedelta(seconds=3500) < expires_at - now <= timedelta(seconds=3600)


async def test_a_heartbeat_renews_the_row(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Rounds go on by themselves, and move nothing but the end of the lease."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        [(*before, first)] = at_head.readers()
        await until(lambda: at_head.readers()[0][2] > first)
        [(*after, _)] = at_head.readers()
    assert after == before


async def test_no_one_becomes_ready_behind_a_fence(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Who cannot register while a contract is under way decides only after it, on what it left."""
    with at_head.transaction() as migrator:
        migrator.execute(FENCE)
        async with running_gate(service_url, image=OLD) as gate:
            await until(lambda: "in time" in gate.verdict.reason)
            assert not gate.verdict.ready
            at_head.write(migrator, CONTRACT)
            at_head.move(migrator, ("0004",))
            migrator.connection.commit()
            await until(lambda: gate.verdict.standing is Standing.BROKEN)
            assert not gate.verdict.ready


async def test_a_fence_sees_whoever_is_ready(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Behind the fence's lock, each process that is ready has a row that has not ended."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        for _ in range(20):
            with at_head.transaction() as migrator:
                migrator.execute(FENCE)
                ready = gate.verdict.ready
                migrator.execute("SELECT count(*) FROM ledger_reader WHERE expires_at > clock_timestamp()")
                assert migrator.fetchone() == (1,)
                assert ready
            await asyncio.sleep(0)


async def test_who_cannot_look_renews_nothing(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """T2: a process that cannot look renews nothing, and gives up while its row still holds contracts back."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        with at_head.transaction() as cursor:
            cursor.execute("LOCK TABLE alembic_version")
            [(*_, first)] = at_head.readers()
            await until(lambda: not gate.verdict.ready)
            assert gate.lease.remaining_s == 0
            [(last, alive)] = at_head.rows(
                "SELECT expires_at, expires_at > clock_timestamp() FROM ledger_reader"
            )
            assert last == first
            assert alive


async def test_a_change_is_heard_of(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A contract that breaks this code shuts the gate long before the next heartbeat."""
    async with running_gate(service_url, image=OLD) as gate:
        await until(lambda: gate.verdict.ready)
        at_head.apply(CONTRACT)
        await until(lambda: not gate.verdict.ready)
        assert gate.verdict.standing is Standing.BROKEN
        assert "0004" in gate.verdict.reason


async def test_plain_alembic_is_heard_of(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A version that moves without the ledger is noticed through the trigger on alembic_version."""
    async with running_gate(service_url) as gate:
        await until(lambda: gate.verdict.ready)
        with at_head.transaction() as cursor:
            at_head.set_version(cursor, ("0001",))
        await until(lambda: gate.verdict.standing is Standing.STALE)
        assert not gate.verdict.ready


async def test_a_waiting_process_opens_with_the_job(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """A process that is ahead of its database becomes ready by the commit that it waits for."""
    ledger.apply(FIRST)
    async with running_gate(service_url) as gate:
        await until(lambda: gate.verdict.standing is Standing.BEHIND)
        ledger.apply(SECOND)
        await until(lambda: gate.verdict.ready)
        assert gate.verdict.standing is Standing.AT_HEAD


async def test_a_gate_that_does_not_listen_polls(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """CALCIO_GATE_LISTEN=off: it opens with the next poll, and shuts with the next heartbeat."""
    ledger.apply(FIRST)
    async with running_gate(service_url, image=IMAGE, gate_listen=False, **SHORT) as gate:
        await until(lambda: gate.verdict.standing is Standing.BEHIND)
        ledger.apply(SECOND)
        await until(lambda: gate.verdict.ready)
    async with running_gate(service_url, image=OLD, gate_listen=False, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        ledger.apply(CONTRACT)
        await until(lambda: gate.verdict.standing is Standing.BROKEN)


async def test_a_process_that_serves_nothing_holds_nothing_back(
    ledger: Ledger, service_url: DatabaseUrl
) -> None:
    """Who is not ready on evidence, and idle, is no reader: else a stuck pod would block every contract."""
    ledger.apply(FIRST, SECOND)
    async with running_gate(service_url, image=OLD) as gate:
        await until(lambda: gate.verdict.ready)
        ledger.apply(CONTRACT)
        await until(lambda: not gate.verdict.ready)
        await until(lambda: ledger.readers() == [])


async def test_a_request_in_flight_keeps_the_row(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """The row of a process that still answers somebody is left, when the gate shuts and when it ends."""
    ledger.apply(FIRST, SECOND)
    async with running_gate(service_url, image=OLD) as gate:
        await until(lambda: gate.verdict.ready)
        with gate.serving():
            ledger.apply(CONTRACT)
            await until(lambda: not gate.verdict.ready)
            assert len(ledger.readers()) == 1
        await until(lambda: ledger.readers() == [])


async def test_a_clean_end_deletes_the_row(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """The next contract need not wait for a lease of someone who has said goodbye."""
    async with running_gate(service_url) as gate:
        await until(lambda: gate.verdict.ready)
    assert at_head.readers() == []


async def test_an_end_with_a_request_in_flight_leaves_the_row(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """Who ends while something is in flight lets the row expire instead."""
    async with running_gate(service_url) as gate:
        await until(lambda: gate.verdict.ready)
        gate.in_flight += 1
    assert len(at_head.readers()) == 1


async def test_without_the_right_to_register_equality_decides(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """A process that no fence can see is served by exactly its own schema, and by no newer one."""
    with at_head.transaction() as owner:
        owner.execute("REVOKE ALL ON ledger_reader FROM calcio_service")
    async with running_gate(service_url) as gate:
        await until(lambda: gate.verdict.ready)
    async with running_gate(service_url, image=OLD) as gate:
        await until(lambda: gate.verdict.standing is Standing.AHEAD)
        assert not gate.verdict.ready
        await until(lambda: "ledger_reader" in gate.verdict.reason)


@pytest.mark.parametrize(("image", "ready"), [(OLD, False), (Lineage.of([FIRST, SECOND]), True)])
async def test_strict_is_equality(
    at_head: Ledger, service_url: DatabaseUrl, image: Lineage, ready: bool
) -> None:
    """CALCIO_SCHEMA_GATE=strict takes what is expected, and registers."""
    async with running_gate(service_url, image=image, schema_gate="strict") as gate:
        await until(lambda: gate.verdict.standing is not None)
        await until(lambda: gate.verdict.ready is ready)
        assert len(at_head.readers()) == (1 if ready else 0)


async def test_off_takes_anything_and_says_so(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """CALCIO_SCHEMA_GATE=off is ready on a schema that breaks its code, is registered, and is loud."""
    at_head.apply(CONTRACT)
    async with running_gate(service_url, image=OLD, schema_gate="off") as gate:
        assert gate.verdict.ready
        await until(lambda: gate.verdict.standing is Standing.BROKEN)
        assert gate.verdict.ready
        assert "CALCIO_SCHEMA_GATE=off" in gate.verdict.reason
        await until(lambda: len(at_head.readers()) == 1)


@pytest.mark.parametrize("pod_name", ["pod", "calcio-service-77c9d9c4b8-x2x7q-in-a-namespace", "x" * 80])
async def test_the_gate_names_itself(at_head: Ledger, service_url: DatabaseUrl, pod_name: str) -> None:
    """A person, and the fence, find the pod in pg_stat_activity, within 63 bytes."""
    async with running_gate(service_url, pod_name=pod_name) as gate:
        await until(lambda: gate.verdict.ready)
        [(name,)] = at_head.rows(
            "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'calcio-g%%'"
        )
    assert name.startswith("calcio-gate/")
    assert pod_name.startswith(name.split("/")[2])
    assert len(name.encode()) <= 63


async def test_the_crowd_is_estimated(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """How far looks are spread after a notification follows from how many readers PostgreSQL has counted."""
    async with running_gate(service_url, **SHORT) as gate:
        await until(lambda: gate.verdict.ready)
        with at_head.transaction() as cursor:
            cursor.execute("ANALYZE ledger_reader")
        await until(lambda: gate.crowd == 1)


async def test_a_crowd_spreads_its_looks(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Among many readers a change is heard of as well, and notices that come together are one."""
    async with running_gate(service_url, image=OLD) as gate:
        await until(lambda: gate.crowd == 0 and gate.verdict.ready)
        gate.crowd = 300
        for _ in range(10):
            at_head.apply(SECOND)
        at_head.apply(CONTRACT)
        await until(lambda: gate.verdict.standing is Standing.BROKEN)
