"""Revisions that end the step's transaction by themselves, and commits that do not come back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.job.database import Database
from tests.job.fixtures import Build, told_nobody
from tests.job.process import Job, text_of
from tests.job.scripts import FIRST, SECOND, Script, execute
from tests.server.embedded import VOLATILE, running

AND = "\n    "


@pytest.mark.parametrize(
    "end",
    [
        "op.get_bind().commit()",
        "op.get_bind().rollback()",
        "op.execute('ROLLBACK')",
        "op.execute('COMMIT; SELECT 1')",
    ],
)
def test_a_revision_that_ends_its_transaction_is_found_out(
    job: Job, found: Database, image: Build, end: str
) -> None:
    """82, and neither version nor ledger says that it is applied: nobody takes half a step for a whole one."""
    by_itself = replace(SECOND, up=SECOND.up + AND + end)
    ended = job.run("upgrade", image=image(FIRST, by_itself))
    assert ended.code == 82, ended.text
    assert ended.outcome["revision"] == "0002"
    assert "by itself" in ended.outcome["message"]
    assert "autocommit_block" in ended.outcome["hint"]
    assert ended.outcome["applied"] == ["0001"]
    assert found.says_applied("0001")


def test_an_old_way_to_leave_the_transaction_is_announced(job: Job, found: Database, image: Build) -> None:
    """`op.execute("COMMIT")`, as many histories have it before ALTER TYPE, is a step of several transactions."""
    kind = replace(FIRST, up=execute("CREATE TYPE kind AS ENUM ('a')"))
    added = replace(SECOND, up=execute("COMMIT") + AND + execute("ALTER TYPE kind ADD VALUE 'b'"))
    ended = job.run("upgrade", image=image(kind, added))
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")
    assert '"announced": true' in image(kind, added).lockfile.read_text().splitlines()[2]


@contextmanager
def standby_gone(
    folder: Path, image: Build, at: tuple[Script, ...] = (FIRST,)
) -> Iterator[tuple[Database, Job]]:
    """A server of its own that is `at` these, whose synchronous standby is gone, and the Job for it."""
    with running(settings={**VOLATILE, "fsync": "on"}) as server:
        found = Database(server.url)
        with told_nobody(Job(server.url, folder), found) as job:
            if at:
                job.run("upgrade", image=image(*at))
            found.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'", "SELECT pg_reload_conf()")
            yield found, job


def test_a_commit_that_waits_for_a_replica_is_ended_by_a_signal(tmp_path: Path, image: Build) -> None:
    """Where the synchronous standby is gone, COMMIT hangs; SIGTERM ends the run, and the next one finds it applied."""
    waiting = "wait_event = 'SyncRep'"
    with standby_gone(tmp_path, image) as (found, job):
        run = job.start("upgrade", image=image(FIRST, SECOND))
        eventually(lambda: found.is_any_runner(waiting))
        run.send(signal.SIGTERM)
        ended = run.end()
        assert ended.code == 143, ended.text
        found.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        assert job.run("upgrade", image=image(FIRST, SECOND)).code == 0
        assert found.says_applied("0001", "0002")


def test_a_commit_that_waits_for_a_replica_is_waited_for_only_so_long(tmp_path: Path, image: Build) -> None:
    """75 where nobody confirms it: it is committed here, said so, and nothing is done twice."""
    with standby_gone(tmp_path, image) as (found, job):
        ended = job.run("upgrade", image=image(FIRST, SECOND))
        assert ended.code == 75, ended.text
        assert "no synchronous standby confirmed it" in ended.outcome["message"]
        assert ended.outcome["applied"] == ["0002"]
        assert found.says_applied("0001", "0002")
        assert job.run("upgrade", image=image(FIRST, SECOND)).code == 0


@pytest.mark.parametrize("command", [("upgrade",), ("stamp", "base")])
def test_founding_the_ledger_waits_for_a_replica_only_so_long(
    tmp_path: Path, image: Build, command: tuple[str, ...]
) -> None:
    """75 where nobody confirms the ledger either: it is founded here, and the next run goes on from there."""
    with standby_gone(tmp_path, image, at=()) as (found, job):
        ended = job.run(*command, image=image(FIRST))
        assert ended.code == 75, ended.text
        assert "no synchronous standby confirmed it" in ended.outcome["message"]
        assert ended.outcome["applied"] == []
        assert found.heads == found.ledger_heads == set()
        found.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        assert job.run("upgrade", image=image(FIRST)).code == 0
        assert found.says_applied("0001")


@pytest.mark.parametrize("last", [True, False], ids=["after its statements", "before one"])
def test_python_that_works_for_too_long_in_a_transaction_is_not_repeated(
    job: Job, found: Database, image: Build, last: bool
) -> None:
    """82 and a hint: PostgreSQL ends the session, without a reason that the driver hears of, and would again."""
    thinking = replace(SECOND, up=AND.join(["import time", "time.sleep(2)", *([] if last else [SECOND.up])]))
    job.run("upgrade", image=image(FIRST))
    limited = f"{text_of(job.url)}?options=-c%20idle_in_transaction_session_timeout%3D1s"
    environ = {"DATABASE_URL_FILE": "", "DATABASE_URL": limited}
    ended = job.run("upgrade", image=image(FIRST, thinking), environ=environ)
    assert ended.code == 82, ended.text
    assert (ended.outcome["sqlstate"], ended.outcome["revision"]) == ("25P03", "0002")
    assert "move it out of the transaction" in ended.outcome["hint"]
    assert not ended.events("connection.lost")
    assert found.says_applied("0001")
