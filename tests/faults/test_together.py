"""Several runs at once, and what is in a run's way."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.eventually import eventually
from tests.job.database import HOLDER, Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import FIRST, HISTORY, INDEX, SECOND, execute, sleep

RUNNERS = 6


@pytest.mark.parametrize("second", [SECOND, INDEX], ids=["one transaction", "concurrent index"])
def test_of_many_runs_each_succeeds_and_each_step_is_taken_once(
    job: Job, found: Database, image: Build, second: object
) -> None:
    """On an empty database all of them end with 0; the lock lets one at a time through."""
    release = image(FIRST, second)
    running = [job.start("upgrade", image=release) for _ in range(RUNNERS)]
    ended = [run.end() for run in running]
    assert [end.code for end in ended] == [0] * RUNNERS, [end.text for end in ended]
    assert Counter(revision for revision, _ in found.events("upgrade")) == {"0001": 1, "0002": 1}
    assert found.says_applied("0001", "0002")


def test_upgrade_and_finish_at_once_end_where_one_after_the_other_would(
    job: Job, found: Database, release_2: Image
) -> None:
    """Both Jobs of a release may be applied together: finish waits for the upgrade's point by itself."""
    finish = job.start("finish", "--soak", "0", "--wait", "100", image=release_2)
    upgrade = job.start("upgrade", image=release_2)
    assert upgrade.end().code == 0
    ended = finish.end()
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002", "0003", "0004")


def test_a_waiting_run_says_who_holds_the_lock(job: Job, found: Database, image: Build) -> None:
    """Who waits names the pod that works, and gives up with 75 at the end of its budget."""
    slow = image(FIRST, replace(SECOND, up=sleep(600)))
    job.start("upgrade", image=slow)
    eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
    ended = job.run("upgrade", image=slow, lock_budget_s=0.1)
    assert ended.code == 75, ended.text
    assert "calcio-migrate/0002/pod-0" in ended.outcome["message"]
    assert ended.events("lock.waiting")


def test_a_locked_table_is_tried_for_until_it_is_free(job: Job, found: Database, image: Build) -> None:
    """A long transaction is named, not waited for in the queue; when it ends the step is applied."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE") as holder:
        running = job.start("upgrade", image=image(FIRST, SECOND))
        eventually(lambda: any(HOLDER in str(line["blockers"]) for line in running.says("step.retry")))
        holder.connection.commit()
        ended = running.end()
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")
    assert ended.outcome["attempts"] > 1
    assert {line["sqlstate"] for line in ended.events("step.retry")} == {"55P03"}
    waited = "(detail ->> 'lock_wait_ms')::int > 0"
    waits = f"SELECT revision, {waited} FROM ledger_event WHERE operation = 'upgrade' ORDER BY seq"
    assert found.rows(waits) == [("0001", False), ("0002", True)]


def test_readers_get_through_between_the_tries(job: Job, found: Database, image: Build) -> None:
    """A run in the lock's queue stops nobody for longer than a try: a reader of the table is answered meanwhile."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        running = job.start("upgrade", image=image(FIRST, SECOND))
        running.until("step.retry")
        for _ in range(20):
            assert found.rows("SELECT FROM player") == []
        assert running.process.poll() is None


def test_a_table_that_stays_locked_ends_with_75(job: Job, found: Database, image: Build) -> None:
    """When the budget is spent the run ends with who was in its way, and changed nothing."""
    job.run("upgrade", image=image(FIRST))
    before = found.schema
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        ended = job.run("upgrade", image=image(FIRST, SECOND), lock_budget_s=3)
    assert ended.code == 75, ended.text
    assert (ended.outcome["revision"], ended.outcome["sqlstate"]) == ("0002", "55P03")
    assert HOLDER in str(ended.outcome["blockers"])
    assert HOLDER in ended.outcome["message"]
    assert found.schema == before
    assert found.says_applied("0001")


@pytest.mark.parametrize("command", ["upgrade", "check", "status"])
def test_a_locked_version_table_is_tried_for(job: Job, found: Database, image: Build, command: str) -> None:
    """Even the first look may be kept waiting: who holds alembic_version is named, then 75."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction("LOCK TABLE alembic_version"):
        ended = job.run(command, image=image(FIRST, SECOND), lock_budget_s=1)
    assert ended.code == 75, ended.text
    assert HOLDER in ended.outcome["message"]
    assert ended.events("version.locked")


def test_a_version_table_that_is_free_again_is_read(job: Job, found: Database, image: Build) -> None:
    """The run goes on as soon as the lock is gone."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction("LOCK TABLE alembic_version") as holder:
        running = job.start("upgrade", image=image(FIRST, SECOND))
        running.until("version.locked")
        holder.connection.commit()
        assert running.end().code == 0
    assert found.says_applied("0001", "0002")


def test_a_deadlock_is_tried_again(job: Job, found: Database, image: Build) -> None:
    """Where PostgreSQL chose the migration as its victim, the step is repeated; the application's rows stay."""
    statements = ("LOCK TABLE player", "SET LOCAL lock_timeout = 0", "LOCK TABLE league")
    both = replace(SECOND, up="\n    ".join(map(execute, statements)))
    league = replace(FIRST, up=f"{FIRST.up}\n    {execute('CREATE TABLE league (id int)')}")
    job.run("upgrade", image=image(league))
    with found.transaction("INSERT INTO league VALUES (1)") as application:
        running = job.start("upgrade", image=image(league, both))
        # Who waited first is the first to look for a deadlock, and its victim.
        eventually(lambda: found.is_any_runner("query = 'LOCK TABLE league' AND wait_event_type = 'Lock'"))
        application.execute("INSERT INTO player VALUES (1, 'p', 1)")
        application.connection.commit()
        ended = running.end()
    assert ended.code == 0, ended.text
    assert "40P01" in {line["sqlstate"] for line in ended.events("step.retry")}
    assert found.value("SELECT count(*) FROM player") == 1


def test_a_terminated_session_is_replaced(job: Job, found: Database, image: Build) -> None:
    """An administrator's pg_terminate_backend, or a fast restart, costs a reconnect: the steps done stay done."""
    slow = replace(SECOND, up=f"{SECOND.up}\n    {sleep(3)}")
    running = job.start("upgrade", image=image(FIRST, slow))
    eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
    found.terminate_runners()
    ended = running.end()
    assert ended.code == 0, ended.text
    assert ended.events("connection.lost")
    assert ended.outcome["applied"] == ["0001", "0002"]
    assert found.says_applied("0001", "0002")


def test_a_session_that_is_always_terminated_ends_with_75(job: Job, found: Database, image: Build) -> None:
    """Reconnecting has an end too."""
    suicidal = replace(SECOND, up=execute("SELECT pg_terminate_backend(pg_backend_pid())"))
    ended = job.run("upgrade", image=image(FIRST, suicidal))
    assert ended.code == 75, ended.text
    assert "the connection was lost" in ended.outcome["message"]
    assert found.says_applied("0001")


def test_a_backfill_behind_a_locked_row_is_tried_again(job: Job, found: Database, release_2: Image) -> None:
    """A row that an open transaction holds stops the batch, not the run."""
    job.run("upgrade", image=release_2)
    found.execute("INSERT INTO player SELECT n, 'p', n FROM generate_series(1, 1000) AS n")
    with found.transaction("SELECT FROM player WHERE id = 700 FOR UPDATE") as holder:
        running = job.start("finish", "--soak", "0", "--wait", "60", image=release_2)
        running.until("step.retry")
        holder.connection.commit()
        ended = running.end()
    assert ended.code == 0, ended.text
    assert found.says_applied(*(script.id for script in HISTORY))
