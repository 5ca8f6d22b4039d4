"""SIGTERM and SIGKILL, whatever the run is doing: it ends, and the next run completes what it left."""

import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Ended, Job, Running
from tests.job.scripts import FIRST, HISTORY, INDEX, SECOND, Script, execute, sleep

SLEEPING = "query LIKE '%pg_sleep%' AND state = 'active'"
TABLE = execute("ALTER TABLE player ADD COLUMN rating int")
SLOW = replace(SECOND, up=f"{TABLE}\n    {sleep(600)}")


def terminated(running: Running) -> Ended:
    running.send(signal.SIGTERM)
    ended = running.end()
    assert ended.code == 143, ended.text
    assert (ended.outcome["outcome"], ended.outcome["code"]) == ("cancelled", 143)
    assert "goes on from there" in ended.outcome["hint"]
    return ended


def completed(job: Job, found: Database, image: Image) -> None:
    """The next run applies the rest."""
    ended = job.run("upgrade", image=image)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")


def test_a_long_statement_is_cancelled(job: Job, found: Database, image: Build) -> None:
    """SIGTERM does not wait for the server: the statement is cancelled, its step is gone, the step before stays."""
    running = job.start("upgrade", image=image(FIRST, SLOW))
    eventually(lambda: found.is_any_runner(SLEEPING))
    ended = terminated(running)
    assert ended.outcome["applied"] == ["0001"]
    eventually(lambda: not found.is_any_runner("true"))
    assert found.says_applied("0001")
    assert not any("rating" in line for line in found.schema)
    completed(job, found, image(FIRST, SECOND))


def test_python_work_is_not_waited_for(job: Job, found: Database, image: Build) -> None:
    """A revision that computes is abandoned with its transaction."""
    thinking = replace(SECOND, up=f"{TABLE}\n    __import__('time').sleep(600)")
    job.run("upgrade", image=image(FIRST))
    running = job.start("upgrade", image=image(FIRST, thinking))
    running.until("step.begin")
    eventually(lambda: found.is_any_runner("state = 'idle in transaction'"))
    terminated(running)
    eventually(lambda: not found.is_any_runner("true"))
    assert found.says_applied("0001")
    completed(job, found, image(FIRST, SECOND))


def test_a_wait_for_a_table_is_ended(job: Job, found: Database, image: Build) -> None:
    """A run that tries for a locked table ends between its tries or within one."""
    release = image(FIRST, SECOND)
    job.run("upgrade", image=image(FIRST))
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        running = job.start("upgrade", image=release)
        running.until("step.retry")
        terminated(running)
    assert found.says_applied("0001")
    completed(job, found, release)


def test_a_wait_for_the_runners_lock_is_ended(job: Job, found: Database, image: Build) -> None:
    """A run that waits for another run leaves without a word to it."""
    first = job.start("upgrade", image=image(FIRST, SLOW))
    eventually(lambda: found.is_any_runner(SLEEPING))
    second = job.start("upgrade", image=image(FIRST, SLOW))
    second.until("lock.waiting")
    terminated(second)
    assert first.process.poll() is None


def test_a_wait_for_readers_is_ended(job: Job, found: Database, release_2: Image) -> None:
    """finish waits an hour for readers, and not a second after SIGTERM."""
    job.run("upgrade", image=release_2)
    found.register("pod", "0001")
    running = job.start("finish", "--soak", "0", image=release_2)
    running.until("fence.held")
    terminated(running)
    assert found.says_applied("0001", "0002", "0003")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are accepted and nothing is ever answered, as behind a dead load balancer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_connect_that_hangs_is_abandoned(job: Job, silent_port: int) -> None:
    """libpq can't be interrupted while it connects: the process ends all the same, with its outcome."""
    environ = {
        "DATABASE_URL_FILE": "",
        "DATABASE_URL": f"postgresql://calcio:x@127.0.0.1:{silent_port}/calcio",
    }
    running = job.start("upgrade", environ=environ, release="hanging")
    eventually(lambda: _is_connecting(running.process.pid, silent_port))
    ended = terminated(running)
    assert "hanging" not in ended.stderr


def _is_connecting(pid: int, port: int) -> bool:
    """Whether the process has a socket to the port; as the kernel lists it: hexadecimal, established."""
    sockets = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()]
    return any(socket[2].endswith(f":{port:04X}") and socket[3] == "01" for socket in sockets)


def test_a_second_sigterm_changes_nothing(job: Job, found: Database, image: Build) -> None:
    """An impatient kubelet does not turn a clean end into a dirty one."""
    running = job.start("upgrade", image=image(FIRST, SLOW))
    eventually(lambda: found.is_any_runner(SLEEPING))
    running.send(signal.SIGTERM)
    terminated(running)


def test_sigint_is_sigterm(job: Job, found: Database, image: Build) -> None:
    """A person's Ctrl-C ends a run like an eviction does."""
    running = job.start("upgrade", image=image(FIRST, SLOW))
    eventually(lambda: found.is_any_runner(SLEEPING))
    running.send(signal.SIGINT)
    assert running.end().code == 143


@pytest.mark.parametrize("slow", [SLOW, replace(SLOW, up=f"{TABLE}\n    __import__('time').sleep(600)")])
def test_a_killed_run_is_completed_by_the_next(job: Job, found: Database, image: Build, slow: Script) -> None:
    """SIGKILL in a step leaves the steps before it; locks go with the sessions, and the next run does the rest."""
    job.run("upgrade", image=image(FIRST))
    running = job.start("upgrade", image=image(FIRST, slow))
    running.until("step.begin")
    state = SLEEPING if "pg_sleep" in slow.up else "state = 'idle in transaction'"
    eventually(lambda: found.is_any_runner(state))
    running.send(signal.SIGKILL)
    assert running.process.wait() == -signal.SIGKILL
    completed(job, found, image(FIRST, SECOND))


def test_a_concurrent_index_that_was_killed_is_built_by_the_next_run(
    job: Job, found: Database, image: Build
) -> None:
    """What a dead run left INVALID is dropped and built again, never taken for an index."""
    _die_building(job, found, image, signal.SIGKILL)
    assert (
        found.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_player_name'::regclass") is False
    )
    assert found.states == {"0001": "applied", "0002": "applying"}
    completed(job, found, image(FIRST, INDEX))
    assert (
        found.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_player_name'::regclass") is True
    )


def test_a_concurrent_index_that_was_cancelled_is_built_by_the_next_run(
    job: Job, found: Database, image: Build
) -> None:
    """SIGTERM waits for no index either, and what it leaves is completed like what SIGKILL leaves."""
    _die_building(job, found, image, signal.SIGTERM)
    completed(job, found, image(FIRST, INDEX))
    assert (
        found.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_player_name'::regclass") is True
    )


def _die_building(job: Job, found: Database, image: Build, number: signal.Signals) -> None:
    job.run("upgrade", image=image(FIRST))
    # A writer that does not end is waited for; a build waits with its index there, and INVALID.
    with found.transaction("INSERT INTO player VALUES (1, 'p', 1)"):
        running = job.start("upgrade", image=image(FIRST, INDEX))
        eventually(lambda: found.is_any_runner("query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'"))
        running.send(number)
        running.process.wait(timeout=60)
        eventually(lambda: not found.is_any_runner("true"))


def test_a_backfill_that_was_killed_is_completed_with_the_same_rows(
    job: Job, found: Database, image: Build, release_2: Image
) -> None:
    """Killed half way, a backfill is run again from its beginning, and ends with the rows of an undisturbed one."""
    job.run("upgrade", image=release_2)
    found.execute("INSERT INTO player SELECT n, 'p', n FROM generate_series(1, 1000) AS n")
    with found.transaction("SELECT FROM player WHERE id = 700 FOR UPDATE"):
        running = job.start("finish", "--soak", "0", image=release_2)
        eventually(lambda: found.value("SELECT count(rating) FROM player"))
        running.until("step.retry")
        running.send(signal.SIGKILL)
        running.process.wait()
    assert found.states["0003"] == "applying"
    ended = job.run("finish", "--soak", "0", "--wait", "10", image=image(*HISTORY[:3]))
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002", "0003")
    assert found.value("SELECT count(*) FROM player WHERE rating = skill") == 1000
