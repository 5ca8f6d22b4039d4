"""What the commands that look print with --json: the keys that docs/commands.md promises, whatever is there."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.eventually import eventually
from tests.job.database import HOLDER, Database
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import BACKFILL, CONTRACT, FIRST, SECOND, execute, sleep
from tests.repository.commands_page import events, keys

FULL = replace(
    FIRST,
    up=execute("CREATE TABLE player AS SELECT id, '' AS name, 1 AS skill FROM generate_series(1, 90) AS id"),
)
# Slow enough that what it tells of itself comes to the ledger: every 5 s.
SLOW = replace(
    BACKFILL,
    up='online.execute_in_batches("player", "UPDATE player SET rating = skill FROM pg_sleep(0.3)'
    ' WHERE id > :after AND id <= :upto", rows=2)',
)
# Their details are what each operation adds.
FREE = {"detail", "events[].detail"}
WITHIN = {"status": {"readers[]": "readers", "events[]": "events"}}


@pytest.fixture
def busy(job: Job, found: Database, image: Callable[..., Image]) -> Iterator[Image]:
    """The image of a database in which everything is there: a backfill under way, a reader, events, steps to come."""
    release = image(FULL, SECOND, SLOW, CONTRACT)
    assert job.run("upgrade", image=release, release="2-0-0").code == 0
    found.register("pod", "0004")
    running = job.start("finish", "--soak", "0", image=release)
    eventually(lambda: found.events("progress"))
    yield release
    running.send(signal.SIGTERM)


@pytest.mark.parametrize("command", ["status", "history", "events", "readers"])
def test_a_question_is_answered_with_the_documented_keys(job: Job, busy: Image, command: str) -> None:
    """Each of them, and no other one."""
    answer = json.loads(job.run(command, "--json", image=busy).stdout)
    assert found_in(answer) == documented(command)


def test_a_running_step_tells_how_far_it_is(job: Job, busy: Image) -> None:
    """`status` has the rows that are through, and about how many there will be."""
    [step] = json.loads(job.run("status", "--json", image=busy).stdout)["under_way"]
    assert (step["revision"], step["state"]) == ("0003", "applying")
    progress = step["progress"]
    assert 0 < progress["rows"] < 90 == progress["rows_estimated"]
    assert progress["eta_s"] > 0
    assert "of 90 rows of player" in job.run("status", image=busy).stdout
    [said, *_] = job.runs[1].says("step.progress")
    assert said.keys() - {"at", "event", "message"} - events()["step.progress"] <= {"release"}
    assert events()["step.progress"] == progress.keys() - {"at"}


def test_a_step_that_waits_for_a_lock_is_named(
    job: Job, found: Database, image: Callable[..., Image]
) -> None:
    """One transaction shows nothing of itself before it commits: `status` knows for whom it waits."""
    job.run("upgrade", image=image(FIRST))
    release = image(FIRST, replace(SECOND, up=f"{SECOND.up}; {sleep(600)}"))
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        running = job.start("upgrade", image=release)
        eventually(lambda: found.events("lock-wait"))
        status = json.loads(job.run("status", "--json", image=release).stdout)
        said = job.run("status", image=release).stdout
    assert status["runner"]["revision"] == "0002"
    assert [HOLDER in blocker for blocker in status["runner"]["blockers"]] == [True]
    assert status["under_way"] == []
    assert "revision 0002 waits for a lock, in its way: " in said
    eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
    running.send(signal.SIGTERM)
    assert running.end().code == 143
    assert json.loads(job.run("status", "--json", image=release).stdout)["runner"] is None


def test_a_plan_has_the_documented_keys(job: Job) -> None:
    """Of this project's own history, whose locks are measured, on tables that are there."""
    job.run("upgrade")
    answer = json.loads(job.run("plan", "--json").stdout)
    assert found_in(answer) == documented("plan")


def test_drift_has_the_documented_keys(job: Job, found: Database) -> None:
    """Where there is some."""
    job.run("upgrade")
    found.execute("ALTER TABLE player ADD CONSTRAINT odd CHECK (id > 0) NOT VALID")
    ended = job.run("verify", "--json")
    assert ended.code == 84, ended.text
    assert found_in(json.loads(ended.stdout)) == documented("verify")


def test_settings_have_the_documented_keys(job: Job) -> None:
    """Asked without a database."""
    assert found_in(json.loads(job.run("settings", "--json").stdout)) == documented("settings")


@pytest.mark.parametrize(
    "command", [["check"], ["wait", "--wait", "0"], ["stamp", "0001"], ["downgrade", "base"]]
)
def test_what_does_something_ends_with_an_outcome(job: Job, command: list[str]) -> None:
    """Its keys are the outcome's, whether it went well or not."""
    assert {key.removesuffix("[]") for key in keys("Outcome")} == job.run(*command, "--json").outcome.keys()


def test_what_hold_says_is_not_mixed_with_its_command(job: Job, release_2: Image) -> None:
    """Whoever reads the command's output reads nothing else there."""
    refused = job.run("hold", "--json", "--", "true", image=release_2)
    assert (refused.code, refused.stdout) == (79, "")
    assert json.loads(refused.stderr)["outcome"] == "refused"


def documented(command: str) -> set[str]:
    """The keys of the command's section; what it has as another one has it, as that one."""
    found = keys(command)
    for place, other in WITHIN.get(command, {}).items():
        found = found - {place} | {place + key.removeprefix("[]") for key in keys(other)}
    return found


def found_in(answer: Any) -> set[str]:
    """The paths of what `answer` holds; of a list that is empty in one place, what it holds in another."""
    found = paths(answer)
    return {path for path in found if not any(other.startswith(f"{path}.") for other in found)}


def paths(value: Any, path: str = "") -> set[str]:
    """The path of each value that is no object, with [] for each list."""
    if path.removeprefix("[].") in FREE:
        return {path}
    if isinstance(value, dict):
        return {each for key, one in value.items() for each in paths(one, f"{path}.{key}" if path else key)}
    if isinstance(value, list):
        return {each for one in value for each in paths(one, f"{path}[]")} or {f"{path}[]"}
    return {path}
