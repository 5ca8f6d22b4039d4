"""A standby, a full disk, a restart: faults of the server itself, on servers of the test's own."""

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.faults.servers import enlarge, small_disk, standby_of, start_again
from tests.job.database import Database
from tests.job.fixtures import Build, told_nobody
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import FIRST, INDEX, SECOND, execute
from tests.server.embedded import VOLATILE, EmbeddedServer, make_folder, running
from tests.server.roles import session


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedServer]:
    """A server that may be harmed."""
    with running() as server:
        yield server


def own_database(server: EmbeddedServer, name: str) -> Database:
    with session(server.url) as superuser:
        superuser.execute(f"CREATE DATABASE {name}")
    return Database(server.url.replace(database=name))


def test_a_standby_is_refused_before_anything_is_tried(
    own_server: EmbeddedServer, tmp_path: Path, release_1: Image
) -> None:
    """83: its advisory locks are not the primary's, and it takes no DDL."""
    with standby_of(own_server) as url:
        found = Database(url)
        with told_nobody(Job(url, tmp_path), found) as job:
            ended = job.run("upgrade", image=release_1)
            assert ended.code == 83, ended.text
            assert "a standby" in ended.outcome["message"]
            assert "primary" in ended.outcome["hint"]
            assert found.fingerprint == []


@pytest.fixture
def small(own_server: EmbeddedServer) -> Iterator[Database]:
    """A database whose tablespace `small` has 24 MB."""
    folder = make_folder(own_server.data.parent, own_server.account)
    with small_disk(folder, 24):
        own_server.account.give(folder)
        found = own_database(own_server, "small")
        with session(own_server.url) as superuser:
            superuser.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        yield found
        with session(own_server.url) as superuser:
            superuser.execute("DROP DATABASE small WITH (FORCE)")
            superuser.execute("DROP TABLESPACE small")


ROWS = "SELECT n AS id, md5(n::text) AS name, n AS skill FROM generate_series(1, 1000000) AS n"


def test_a_full_disk_ends_the_run_and_leaves_nothing(small: Database, tmp_path: Path, image: Build) -> None:
    """74, not tried again: the step is rolled back, its space is given back, and the next run may succeed."""
    big = replace(SECOND, up=execute(f"CREATE TABLE big TABLESPACE small AS {ROWS}"))
    with told_nobody(Job(small.url, tmp_path), small) as job:
        ended = job.run("upgrade", image=image(FIRST, big))
        assert ended.code == 74, ended.text
        assert (ended.outcome["sqlstate"], ended.outcome["revision"]) == ("53100", "0002")
        assert "disk is full" in ended.outcome["hint"]
        assert not ended.events("step.retry")
        assert small.says_applied("0001")
        smaller = replace(SECOND, up=execute(f"CREATE TABLE big TABLESPACE small AS {ROWS} LIMIT 1000"))
        assert job.run("upgrade", image=image(FIRST, smaller)).code == 0


def test_a_concurrent_index_that_fills_the_disk_is_taken_away(
    small: Database, tmp_path: Path, image: Build
) -> None:
    """A build that failed leaves an INVALID index; the run that meets more space builds it whole."""
    with told_nobody(Job(small.url, tmp_path), small) as job:
        job.run("upgrade", image=image(FIRST))
        small.execute(f"INSERT INTO player {ROWS}", "ALTER DATABASE small SET default_tablespace = small")
        release = image(FIRST, INDEX)
        ended = job.run("upgrade", image=release)
        assert ended.code == 74, ended.text
        small.execute("ALTER DATABASE small RESET default_tablespace")
        assert job.run("upgrade", image=release).code == 0
    assert (
        small.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_player_name'::regclass") is True
    )


def test_a_full_disk_of_the_log_stops_the_server_and_leaves_nothing(tmp_path: Path, image: Build) -> None:
    """PostgreSQL panics where `pg_wal` is full; the run ends with 69, 74 or 75, and with more space goes on."""
    # Nothing of the log is thrown away, so that a big step fills what 128 MB leave beside an empty server.
    kept = {**VOLATILE, "wal_keep_size": "10GB", "min_wal_size": "32MB", "max_wal_size": "32MB"}
    with tempfile.TemporaryDirectory(dir="/tmp") as mount, small_disk(Path(mount), 128) as folder:
        Path(mount).chmod(0o755)
        with running(settings=kept, directory=folder) as server:
            found = Database(server.url)
            with told_nobody(Job(server.url, tmp_path), found) as job:
                assert job.run("upgrade", image=image(FIRST)).code == 0
                big = replace(SECOND, up=execute(f"CREATE TABLE big AS {ROWS}"))
                ended = job.run("upgrade", image=image(FIRST, big), connect_deadline_s=5)
                assert ended.code in {69, 74, 75}, ended.text
                assert "PANIC" in server.log.read_text()
                enlarge(folder, 1024)
                start_again(server)
                assert found.says_applied("0001")
                assert not found.value("SELECT to_regclass('big')::text")
                assert job.run("upgrade", image=image(FIRST, big)).code == 0
                assert found.says_applied("0001", "0002")


def test_a_server_that_crashes_under_a_step_is_waited_for(tmp_path: Path, image: Build) -> None:
    """The run connects again when the server has recovered, and goes on where the last COMMIT left it."""
    slow = replace(SECOND, up=f"{SECOND.up}\n    {execute('SELECT pg_sleep(3)')}")
    with running() as server:
        found = Database(server.url)
        with told_nobody(Job(server.url, tmp_path), found) as job:
            run = job.start("upgrade", image=image(FIRST, slow))
            eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
            crash(found)
            ended = run.end()
            assert ended.code == 0, ended.text
            assert ended.events("connection.lost")
            assert found.says_applied("0001", "0002")


def crash(found: Database) -> None:
    """Kill a backend as the kernel's OOM killer would: the postmaster then restarts everybody."""
    os.kill(
        found.value("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' LIMIT 1"), signal.SIGKILL
    )
