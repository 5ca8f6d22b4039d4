"""Requests that fail are those in flight on what was killed, and nothing that was acknowledged is lost."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.database.gate.matrix.conditions import away
from tests.database.load.conftest import Target
from tests.database.load.openloop import Load, loaded

pytestmark = pytest.mark.anyio

# Waits for each session's end: it is over when this returns.
TERMINATE = """
SELECT pid FROM pg_stat_activity
 WHERE usename = 'calcio_service' AND application_name LIKE 'calcio-{}/%%' AND pg_terminate_backend(pid, 5000)
"""
# Often enough to see what kubelet could; nothing waits for it.
LOOK_EVERY_S = 0.1
# What a prepared statement gives has another type after each of them, or another plan.
ALTERS = (
    "ALTER TABLE player ALTER COLUMN name TYPE varchar(200)",
    "ALTER TABLE session ADD COLUMN added int NOT NULL DEFAULT 1",
    "ALTER TABLE session ALTER COLUMN venue TYPE varchar(200)",
    "ALTER TABLE player ALTER COLUMN name TYPE text",
    "ALTER TABLE session DROP COLUMN added",
    "ALTER TABLE session ALTER COLUMN venue TYPE text",
)


def written(target: Target) -> set[str]:
    return {name for (name,) in target.database.rows("SELECT name FROM player")}


@asynccontextmanager
async def kept_ready(target: Target) -> AsyncIterator[None]:
    """Ask /readyz again and again while the block runs, which fails at the first answer that is not 200."""

    async def watch() -> None:
        while True:
            assert await asyncio.to_thread(target.service.readyz) == 200
            await asyncio.sleep(LOOK_EVERY_S)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        yield
        watching.cancel()


def lost_nothing(target: Target, load: Load) -> None:
    assert load.acknowledged
    assert load.acknowledged <= written(target)


async def test_alters_under_transactions_fail_nothing(target: Target) -> None:
    """Tables change under prepared statements and open transactions, and no request notices."""
    async with loaded(target.service.http, target.token, target.answers) as load, kept_ready(target):
        for alter in ALTERS * 2:
            await asyncio.to_thread(target.database.execute, alter)
            await load.passed(12)
    assert load.failed == []
    lost_nothing(target, load)


async def test_a_terminated_session_fails_its_own_request_at_most(target: Target) -> None:
    """Of the sessions that an administrator ends each takes one request with it, and the pod stays ready."""
    ended = 0
    async with loaded(target.service.http, target.token, target.answers) as load, kept_ready(target):
        for whose in ("service", "gate", "service", "service"):
            pids = await asyncio.to_thread(target.database.rows, TERMINATE.format(whose))
            ended += len(pids) if whose == "service" else 0
            await load.passed(20)
    assert ended > 0
    assert len(load.failed) <= ended
    lost_nothing(target, load)


async def test_a_restart_fails_what_it_meets(target: Target) -> None:
    """A request fails only where it began before the server was back; the pod stays ready throughout."""
    async with loaded(target.service.http, target.token, target.answers) as load, kept_ready(target):
        stopped = time.monotonic()
        async with away(target.server, "fast"):
            await load.passed(5)
        back = time.monotonic()
        await load.passed(40)
    assert any(one.began > back for one in load.sent)
    assert [one for one in load.failed if one.began > back or one.ended < stopped] == []
    lost_nothing(target, load)


async def test_a_killed_worker_fails_what_was_in_flight(target: Target) -> None:
    """Requests that the worker had begun are cut off; those that come next wait for the new one."""
    async with loaded(target.service.http, target.token, target.answers) as load:
        before = time.monotonic()
        os.kill(target.service.worker(), signal.SIGKILL)
        killed = time.monotonic()
        await load.passed(60)
    assert any(one.began > killed for one in load.sent)
    assert [one for one in load.failed if one.began > killed or one.ended < before] == []
    lost_nothing(target, load)
