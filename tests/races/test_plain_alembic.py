"""Plain `alembic`, which takes no lock of ours: before the Jobs, beside them, and in the middle of one."""

import os
import subprocess
import sys
from pathlib import Path

from tests.database.migrating import INI, upgrade
from tests.eventually import eventually
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.process import Job, text_of
from tests.job.scripts import FIRST, SECOND, Script, execute
from tests.kills.chain import LINEAGE, OWN_HISTORY
from tests.repository.tree import ROOT

RUNNERS = 6
REQUIRED = tuple(id_ for id_, revision in LINEAGE.revisions.items() if revision.required)
BY_PLAIN_ALEMBIC = "SELECT revision FROM ledger_revision WHERE source = 'reconcile' ORDER BY 1"
MOVED = "UPDATE alembic_version SET version_num = '{}' WHERE version_num = '{}'"
GATE = 4711
# A step that waits in the middle of its transaction for as long as the test holds the gate.
WAIT = "\n    ".join(
    (execute("SET LOCAL lock_timeout = 0"), execute(f"SELECT pg_advisory_xact_lock({GATE})"))
)
WAITS = "wait_event_type = 'Lock' AND datname = current_database()"


def test_what_it_left_is_reconciled_by_one_of_many(job: Job, found: Database, tmp_path: Path) -> None:
    """Six Jobs after it: one writes down what it applied, all end with 0, and each other step is taken once."""
    job.run("upgrade", image=OWN_HISTORY.image(tmp_path / "earlier", "0002"))
    upgrade(found.url, "0005")
    running = [job.start("upgrade") for _ in range(RUNNERS)]
    assert [run.end().code for run in running] == [0] * RUNNERS
    assert len(found.events("reconcile")) == 1
    assert [revision for revision, _ in found.events("upgrade")] == ["0001", "0002", "0006", "0007"]
    assert found.says_applied(*REQUIRED)


def test_beside_it_the_jobs_arrive_and_the_ledger_is_complete(job: Job, found: Database) -> None:
    """It may fail, as it does beside itself; the Jobs end with 0, and no row is missing that the version implies."""
    plain = [start_plain_alembic(found) for _ in range(2)]
    running = [job.start("upgrade") for _ in range(RUNNERS)]
    ended = [run.end() for run in running]
    for process in plain:
        process.wait(timeout=60)
    assert [end.code for end in ended] == [0] * RUNNERS, [end.text for end in ended if end.code]
    assert job.run("upgrade").code == 0
    assert found.says_applied(*REQUIRED)


def start_plain_alembic(found: Database) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", "-c", str(INI), "upgrade", REQUIRED[-1]],
        cwd=ROOT,
        env={"PATH": os.defpath, "DATABASE_URL": text_of(found.url)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_step_that_it_took_meanwhile_is_not_lost_from_the_ledger(
    job: Job, found: Database, image: Build
) -> None:
    """A run that waits for a table finds the next step taken, begins again, and writes that down before it goes on."""
    third = Script("0003", "0002", up=execute("CREATE TABLE league ()"))
    job.run("upgrade", image=image(FIRST))
    with found.transaction("ALTER TABLE player ADD COLUMN rating int", MOVED.format("0002", "0001")) as plain:
        running = job.start("upgrade", image=image(FIRST, SECOND, third))
        running.until("step.retry")
        plain.connection.commit()
    ended = running.end()
    assert ended.code == 0, ended.text
    assert ended.events("overtaken")
    assert found.rows(BY_PLAIN_ALEMBIC) == [("0002",)]
    assert found.says_applied("0001", "0002", "0003")


OTHER_ROOT = Script("other", up="\n    ".join((WAIT, execute("CREATE TABLE league ()"))))
SLOW = Script("0002", "0001", up="\n    ".join((WAIT, SECOND.up)))


def test_a_branch_that_it_moved_meanwhile_is_not_lost_from_the_ledger(
    job: Job, found: Database, image: Build
) -> None:
    """Where another branch moves in the middle of a step, that step is undone and taken again on what is there now."""
    job.run("upgrade", image=image(FIRST))
    both = image(FIRST, SECOND, OTHER_ROOT)
    with found.transaction(f"SELECT pg_advisory_xact_lock({GATE})") as gate:
        running = job.start("upgrade", "heads", image=both)
        eventually(lambda: found.is_any_runner(WAITS))
        found.execute("ALTER TABLE player ADD COLUMN rating int", MOVED.format("0002", "0001"))
        gate.connection.commit()
    ended = running.end()
    assert ended.code == 0, ended.text
    assert ended.events("overtaken")
    assert found.rows(BY_PLAIN_ALEMBIC) == [("0002",)]
    assert found.heads == found.ledger_heads == {"0002", "other"}
    assert found.states == dict.fromkeys(("0001", "0002", "other"), "applied")


def test_a_step_that_fails_because_of_it_is_not_taken_for_a_bad_one(
    job: Job, found: Database, image: Build
) -> None:
    """What exists already since it was faster is no failed migration: the run begins again and ends with 0."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction(f"SELECT pg_advisory_xact_lock({GATE})") as gate:
        running = job.start("upgrade", image=image(FIRST, SLOW))
        eventually(lambda: found.is_any_runner(WAITS))
        found.execute("ALTER TABLE player ADD COLUMN rating int", MOVED.format("0002", "0001"))
        gate.connection.commit()
    ended = running.end()
    assert ended.code == 0, ended.text
    assert ended.events("overtaken")
    assert found.rows(BY_PLAIN_ALEMBIC) == [("0002",)]
    assert found.says_applied("0001", "0002")
