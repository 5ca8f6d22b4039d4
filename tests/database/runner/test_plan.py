"""`plan` and `upgrade --approved`: what was looked at is what is applied, or nothing is."""

import json
import signal
from dataclasses import replace

from db.runner.lock import key
from tests.eventually import eventually
from tests.job.database import HISTORY, Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import FIRST, SECOND, execute, sleep
from tests.job.scripts import HISTORY as REVISIONS


def test_a_plan_shows_what_is_pending_and_by_which_command(job: Job, release_2: Image) -> None:
    """Statements, phase and command of each revision, and 2 while there is one."""
    ended = job.run("plan", "--json", image=release_2)
    assert ended.code == 2, ended.text
    steps = json.loads(ended.stdout)["steps"]
    assert [(step["revision"], step["command"]) for step in steps] == [
        ("0001", "upgrade"),
        ("0002", "upgrade"),
        ("0003", "finish"),
        ("0004", "finish"),
    ]
    assert steps[1]["statements"] == ["ALTER TABLE player ADD COLUMN rating int"]


def test_a_plan_touches_nothing(job: Job, found: Database, release_2: Image) -> None:
    """Looking is free: not even the ledger is founded by it."""
    before = found.fingerprint
    job.run("plan", image=release_2)
    assert found.fingerprint == before


def test_an_applied_history_leaves_nothing_to_plan(job: Job, image: Build) -> None:
    """0 says so."""
    job.run("upgrade", image=image(FIRST, SECOND))
    assert job.run("plan", image=image(FIRST, SECOND)).code == 0


def test_an_approved_plan_is_applied(job: Job, found: Database, release_2: Image) -> None:
    """The digest that plan showed is the one that upgrade accepts."""
    digest = json.loads(job.run("plan", "--json", image=release_2).stdout)["digest"]
    assert job.run("upgrade", "--approved", digest, image=release_2).code == 0
    assert found.says_applied("0001", "0002")


def test_another_plan_than_the_approved_one_is_refused(job: Job, found: Database, image: Build) -> None:
    """A statement that nobody looked at is not run, and nothing is written before that is known."""
    digest = json.loads(job.run("plan", "--json", image=image(FIRST, SECOND)).stdout)["digest"]
    other = image(FIRST, replace(SECOND, up=execute("ALTER TABLE player ADD COLUMN rating bigint")))
    before = found.fingerprint
    refused = job.run("upgrade", "--approved", digest, image=other)
    assert refused.code == 85, refused.text
    assert digest in refused.outcome["message"]
    assert found.fingerprint == before


def test_an_approved_plan_is_taken_up_again(job: Job, found: Database, image: Build) -> None:
    """A pod that dies on the way is followed by one with the same word, and the rest of the plan is what it meant."""
    second = replace(SECOND, up=execute("ALTER TABLE player ADD COLUMN rating int") + "; " + sleep(600))
    release = image(FIRST, second)
    digest = json.loads(job.run("plan", "--json", image=release).stdout)["digest"]
    running = job.start("upgrade", "--approved", digest, image=release)
    eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
    running.send(signal.SIGKILL)
    running.end()
    found.terminate_runners()
    edited = image(FIRST, replace(second, up=execute("ALTER TABLE player ADD COLUMN rating bigint")))
    assert job.run("upgrade", "--approved", digest, image=edited).code == 85
    again = job.start("upgrade", "--approved", digest, image=release)
    again.until("step.begin")
    eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
    again.send(signal.SIGTERM)
    assert again.end().code == 143
    assert [revision for revision, _ in found.events("upgrade")] == ["0001"]


def test_finish_has_a_plan_of_its_own(job: Job, found: Database, release_2: Image) -> None:
    """What was approved for upgrade is no word for what can't be taken back: 85 says which digest would be."""
    plan = json.loads(job.run("plan", "--json", image=release_2).stdout)
    assert job.run("upgrade", "--approved", plan["digest"], image=release_2).code == 0
    # With a soak that no test waits for: the answer comes before it.
    refused = job.run("finish", "--soak", "3600", image=release_2, approved_plan=plan["digest"])
    assert refused.code == 85, refused.text
    assert "0003, 0004" in refused.outcome["message"]
    assert f"{plan['digest']} was approved, which another run has applied" in refused.outcome["message"]
    assert f"CALCIO_APPROVED_PLAN={plan['finish_digest']}" in refused.outcome["hint"]
    assert found.says_applied("0001", "0002")
    approved = ("finish", "--soak", "0", "--approved", plan["finish_digest"])
    assert job.run(*approved, image=release_2).code == 0
    assert found.says_applied("0001", "0002", "0003", "0004")


def test_a_finished_plan_needs_no_word_any_more(job: Job, release_2: Image) -> None:
    """A line that was left in the settings stops nobody where there is nothing to do."""
    for command in (("upgrade",), ("finish", "--soak", "0")):
        assert job.run(*command, image=release_2).code == 0
    for command in (("upgrade",), ("finish", "--soak", "0")):
        assert job.run(*command, image=release_2, approved_plan="0123456789ab").code == 0


def test_an_approved_finish_is_taken_up_again(job: Job, found: Database, image: Build) -> None:
    """One revision was applied when readers ended the run: the same word lets the next one do the rest."""
    release = image(*REVISIONS)
    job.run("upgrade", image=release)
    digest = json.loads(job.run("plan", "--json", image=release).stdout)["finish_digest"]
    reader = found.register("pod", "0001")
    approved = ("finish", "--soak", "0", "--wait", "0", "--approved", digest)
    assert job.run(*approved, image=release).code == 80
    assert found.says_applied("0001", "0002", "0003")
    found.leave(reader)
    assert job.run(*approved, image=release).code == 0
    assert found.says_applied("0001", "0002", "0003", "0004")


def test_a_plan_is_demanded_behind_the_lock(job: Job, found: Database, image: Build) -> None:
    """What changed while the run waited for the lock is seen: 85, and nothing is applied."""
    release = image(FIRST, SECOND)
    digest = json.loads(job.run("plan", "--json", image=release).stdout)["digest"]
    with found.transaction(f"SELECT pg_advisory_lock({key(HISTORY)})"):
        running = job.start("upgrade", "--approved", digest, image=release)
        running.until("lock.waiting")
        found.execute(
            "CREATE TABLE player (id int PRIMARY KEY, name text NOT NULL, skill int)",
            "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
            "INSERT INTO alembic_version VALUES ('0001')",
        )
    refused = running.end()
    assert refused.code == 85, refused.text
    assert found.heads == {"0001"}


def test_our_own_plan_shows_measured_locks_and_live_sizes(job: Job) -> None:
    """What the lockfile measured stands beside what the table holds now."""
    job.run("upgrade")
    [step] = [
        step for step in json.loads(job.run("plan", "--json").stdout)["steps"] if step["revision"] == "0009"
    ]
    [lock] = step["locks"]
    assert (lock["table"], lock["mode"], lock["rewrites"], lock["scans"]) == (
        "player",
        "AccessExclusiveLock",
        False,
        False,
    )
    assert lock["size"]["bytes"] > 0


def test_live_sizes_are_known_before_anybody_has_analysed(job: Job, found: Database) -> None:
    """A table that was filled a moment ago is not shown as empty."""
    job.run("upgrade")
    found.execute("INSERT INTO player (name) SELECT 'name ' || n FROM generate_series(1, 500) AS n")

    def rows() -> int | None:
        steps = json.loads(job.run("plan", "--json").stdout)["steps"]
        [size] = [lock["size"] for step in steps if step["revision"] == "0009" for lock in step["locks"]]
        assert size["bytes"] > 0
        return size["rows"]  # type: ignore[no-any-return] # JSON

    assert rows() in {None, 500}
    eventually(lambda: rows() == 500)
