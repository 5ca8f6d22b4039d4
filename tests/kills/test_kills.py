"""Killed at any statement of any step, a Job leaves what the next one makes whole."""

import inspect
from collections.abc import Callable

import pytest

from db import operations
from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.job.database import Database
from tests.kills.chain import SCRIPTS
from tests.kills.ladder import Ladder, Taken
from tests.kills.left import Left, left
from tests.kills.step import STEPS, Step
from tests.kills.way import Boundary

Boundaries = Callable[[int], list[Boundary]]
HERE = "datname = current_database()"
KILLED = -9


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_step_killed_at_any_statement_is_completed_by_the_next_job(
    ladder: Ladder, boundaries: Boundaries, step: Step
) -> None:
    """At once the ledger tells the truth; after the next Job schema, rows and record are an undisturbed one's."""
    taken = ladder.taken(step)
    for boundary in boundaries(taken.statements):
        with ladder.before(step) as url:
            print(f"killed {boundary} of {taken.statements}")
            assert ladder.run(step, url).killed(taken.accepted, boundary) == KILLED
            wait_for_the_server(url)
            assert_the_ledger_tells_the_truth(left(url), step, taken)
            ended = ladder.run(step, url).whatever_is_lost()
            assert ended.code == 0, ended.text
            assert left(url) == taken.after


def wait_for_the_server(url: DatabaseUrl) -> None:
    """It notices by itself that nobody is there any more."""
    found = Database(url)
    eventually(lambda: not found.is_any_runner(HERE))


def assert_the_ledger_tells_the_truth(found: Left, step: Step, taken: Taken) -> None:
    """What stands below the version is applied, and either a step is announced or there is nothing else."""
    assert found.ledger_heads == found.heads
    assert found.gates_read_the_ledger
    below = step.chain.until(found.heads or ())
    for revision in below | found.states.keys():
        expected = {"applied", "reverting"} if revision in below else {"applying"}
        assert found.states.get(revision) in expected
    if set(found.states.values()) <= {"applied"}:
        if found.heads == taken.after.heads:
            assert found == taken.after
        elif taken.before.heads is None:
            assert found.rows == {}, "the ledger is founded by itself"
        else:
            assert found == taken.before


def test_no_operation_is_left_out() -> None:
    """Each call that a revision can make of db/operations.py is in a step that is killed."""
    public = {
        name
        for name, value in inspect.getmembers(operations, inspect.isfunction)
        if value.__module__ == operations.__name__ and not name.startswith("_")
    }
    called = {name for name in public for script in SCRIPTS if f"online.{name}(" in script.up + script.down}
    assert called == public
