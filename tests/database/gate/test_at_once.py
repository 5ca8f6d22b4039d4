"""A round is one statement: it writes the reader's row and looks, and looks once it may write."""

import asyncio

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import CONTRACT, FENCE, WAITS_FOR_IT, Ledger
from tests.database.gate.running import reader, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
@pytest.mark.parametrize("earlier", ["registered", "left", "new"])
async def test_who_waits_for_the_fence_sees_what_it_was_for(
    at_head: Ledger, service_url: DatabaseUrl, isolation: str, earlier: str
) -> None:
    """T2: a round that the fence held up answers with the contract, whatever the role's isolation is."""
    async with reader(service_url, isolation) as session:
        if earlier != "new":
            assert "0004" not in (await session.round()).database.rows
        if earlier == "left":
            await session.leave()
        with at_head.transaction() as migrator:
            migrator.execute(FENCE)
            late = asyncio.create_task(session.round())
            await until(lambda: at_head.rows(WAITS_FOR_IT) == [(1,)])
            at_head.write(migrator, CONTRACT)
            at_head.move(migrator, ("0004",))
            migrator.connection.commit()
            done = await late
    assert done.registered
    assert "0004" in done.database.rows


async def test_who_is_interrupted_while_it_registers_still_leaves(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """The row may be there, whether or not anybody heard of it: a contract would wait for a lease."""
    asked: list[str] = []
    async with reader(service_url) as session:
        await session.round()
        await session.leave()
        with at_head.transaction() as migrator:
            migrator.execute(FENCE)
            interrupted = asyncio.create_task(session.round())
            await until(lambda: at_head.rows(WAITS_FOR_IT) == [(1,)])
            interrupted.cancel()
            await asyncio.wait([interrupted])
        session._connection.add_query_logger(lambda record: asked.append(record.query))
        await session.leave()
        await until(lambda: asked)
    assert asked[0].startswith("DELETE")


async def test_a_round_is_one_statement(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Once registered, a heartbeat on a schema that stays asks once."""
    asked: list[str] = []
    async with reader(service_url) as session:
        await session.round()
        session._connection.add_query_logger(lambda record: asked.append(record.query))
        first = await session.round()
        second = await session.round()
        await until(lambda: len(asked) == 2)
    assert first.database is second.database
    assert all("UPDATE" in sql and "RETURNING" in sql for sql in asked)
    assert [name for name, *_ in at_head.readers()] == ["pod"]
