"""What calcio is for, on each version of PostgreSQL: move, gate, fence, try for locks, survive a kill, go back."""

import asyncio
import signal
from dataclasses import replace

import pytest

from db.contract import lockfile
from db.contract.url import DatabaseUrl
from db.runner.fence import TRANSACTION_TIMEOUT_SINCE
from tests.database.gate.ledger import FENCE, WAITS_FOR_IT
from tests.database.gate.running import reader, running_gate, until
from tests.eventually import eventually
from tests.job.database import HOLDER, Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import CONTRACT, FIRST, HISTORY, INDEX, SECOND, sleep
from tests.server.embedded import EmbeddedServer
from tests.server.roles import SERVICE

pytestmark = pytest.mark.anyio
FINISH = ("finish", "--soak", "0", "--wait", "60")
LOSS = "--accept-loss"


def test_a_release_is_applied_finished_and_taken_back(job: Job, found: Database, release_2: Image) -> None:
    """Forward to the last contract and back to the first revision, with version and ledger in agreement."""
    assert job.run("upgrade", image=release_2).code == 0
    found.execute("INSERT INTO player VALUES (1, 'p', 7)")
    ended = job.run(*FINISH, image=release_2)
    assert ended.code == 0, ended.text
    assert found.says_applied(*(script.id for script in HISTORY))
    assert found.rows("SELECT rating FROM player") == [(7,)]
    refused = job.run("downgrade", "0001", image=release_2)
    assert refused.code == 85, refused.text
    digest = refused.outcome["hint"].partition(f"{LOSS} ")[2].split()[0].strip("`")
    ended = job.run("downgrade", "0001", LOSS, digest, image=release_2)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001")
    verified = job.run("verify", image=release_2)
    assert verified.code == 0, verified.text


async def test_the_gate_opens_is_seen_by_the_fence_and_shuts(
    job: Job, found: Database, service: DatabaseUrl, release_1: Image, release_2: Image
) -> None:
    """A pod of the old release is ready on the newer schema, holds its contract back, and shuts after it."""
    assert job.run("upgrade", image=release_2, app_role=SERVICE).code == 0
    old = lockfile.read(release_1.lockfile)
    async with running_gate(service, image=old) as gate:
        await until(lambda: gate.verdict.ready)
        held = job.run("finish", "--soak", "0", "--wait", "0", image=release_2, fence_unregistered="ignore")
        assert held.code == 80, held.text
        found.execute("DELETE FROM ledger_reader")
        assert job.run(*FINISH, image=release_2, fence_unregistered="ignore").code == 0
        await until(lambda: not gate.verdict.ready)
        assert "0004" in gate.verdict.reason


async def test_who_waits_for_the_fence_sees_what_it_was_for(
    job: Job, found: Database, service: DatabaseUrl, release_2: Image
) -> None:
    """A round writes and looks in one statement: its snapshot is taken once it has the lock that it waited for."""
    assert job.run("upgrade", image=release_2, app_role=SERVICE).code == 0
    async with reader(service) as session:
        before = await session.round()
        with found.transaction(FENCE, "UPDATE ledger_state SET change = change + 1") as fence:
            late = asyncio.create_task(session.round())
            await until(lambda: found.rows(WAITS_FOR_IT) == [(1,)])
            fence.connection.commit()
            after = await late
    assert after.database.change == before.database.change + 1


def test_a_locked_table_is_tried_for(job: Job, found: Database, image: Build) -> None:
    """55P03 is met with the holder's name, and 75 at the end of the budget."""
    assert job.run("upgrade", image=image(FIRST)).code == 0
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        ended = job.run("upgrade", image=image(FIRST, SECOND), lock_budget_s=2)
    assert (ended.code, ended.outcome["sqlstate"]) == (75, "55P03"), ended.text
    assert HOLDER in ended.outcome["message"]
    assert job.run("upgrade", image=image(FIRST, SECOND)).code == 0


def test_a_killed_index_build_is_completed(job: Job, found: Database, image: Build) -> None:
    """SIGKILL leaves an INVALID index and the lock to the server, and the next run has both."""
    assert job.run("upgrade", image=image(FIRST)).code == 0
    with found.transaction("INSERT INTO player VALUES (1, 'p', 1)"):
        running = job.start("upgrade", image=image(FIRST, INDEX))
        eventually(lambda: found.is_any_runner("query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'"))
        running.send(signal.SIGKILL)
        running.process.wait()
        eventually(lambda: not found.is_any_runner("true"))
    ended = job.run("upgrade", image=image(FIRST, INDEX))
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")


def test_sigterm_ends_a_long_statement(job: Job, found: Database, image: Build) -> None:
    """143, and nothing of the step is left."""
    running = job.start("upgrade", image=image(FIRST, replace(SECOND, up=sleep(600))))
    eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
    running.send(signal.SIGTERM)
    assert running.end().code == 143
    eventually(lambda: not found.is_any_runner("true"))
    assert found.says_applied("0001")


def test_the_fence_is_held_for_five_seconds_in_all(
    job: Job, each_server: EmbeddedServer, found: Database, image: Build
) -> None:
    """A contract of many short statements keeps the readers out no longer than one of a long one."""
    slow = replace(CONTRACT, up="\n    ".join([*[sleep(2)] * 4, CONTRACT.up]))
    release = image(*HISTORY[:3], slow)
    assert job.run("upgrade", image=release).code == 0
    ended = job.run(*FINISH, image=release)
    assert ended.code == 82, ended.text
    by_the_server = each_server.programs.major * 10000 >= TRANSACTION_TIMEOUT_SINCE
    assert ended.outcome["sqlstate"] == ("25P04" if by_the_server else "57014")
    assert found.says_applied("0001", "0002", "0003")
