"""`hold`: a program that is no pod is a reader all the same, for as long as its lease lasts."""

import json
import signal
import sys

from tests.eventually import eventually
from tests.job.database import Database
from tests.job.image import Image
from tests.job.process import Job

SLEEP = (sys.executable, "-c", "import signal; signal.pause()")


def test_the_command_runs_as_a_reader_and_its_end_is_ours(
    job: Job, found: Database, release_2: Image
) -> None:
    """While it runs its row is there, with the heads of its image; its exit code is handed on."""
    job.run("upgrade", image=release_2)
    ended = job.run("hold", "--", sys.executable, "-m", "db", "readers", "--json", image=release_2)
    [reader] = json.loads(ended.stdout)
    assert reader["heads"] == ["0004"]
    assert job.run("hold", "--", sys.executable, "-c", "raise SystemExit(7)", image=release_2).code == 7
    assert found.rows("SELECT FROM ledger_reader") == []


def test_a_held_command_holds_a_contract_back(
    job: Job, found: Database, release_1: Image, release_2: Image
) -> None:
    """An old worker's schema is not taken away from under it."""
    job.run("upgrade", image=release_2)
    worker = job.start("hold", "--", *SLEEP, image=release_1, release="1-0-0")
    eventually(lambda: found.rows("SELECT FROM ledger_reader"))
    held = job.run("finish", "--soak", "0", "--wait", "1", image=release_2)
    assert held.code == 80, held.text
    assert "of release 1-0-0" in held.outcome["message"]
    worker.send(signal.SIGTERM)
    worker.end()
    assert found.rows("SELECT FROM ledger_reader") == []
    assert job.run("finish", "--soak", "0", "--wait", "30", image=release_2).code == 0


def test_a_schema_that_does_not_suit_starts_nothing(job: Job, release_2: Image) -> None:
    """Code that would fail is not run: 79, before the command."""
    ended = job.run("hold", "--", sys.executable, "-c", "print('ran')", image=release_2)
    assert ended.code == 79, ended.text
    assert "ran" not in ended.stdout.splitlines()


def test_a_command_is_stopped_when_its_lease_ends(job: Job, found: Database, release_2: Image) -> None:
    """A worker that the ledger can't hear any more ends before somebody takes it for dead."""
    job.run("upgrade", image=release_2)
    worker = job.start("hold", "--", *SLEEP, image=release_2)
    eventually(lambda: found.rows("SELECT FROM ledger_reader"))
    with found.transaction("LOCK TABLE ledger_reader IN ACCESS EXCLUSIVE MODE"):
        assert worker.end().code == 128 + signal.SIGTERM
