"""A run that ends at any of its statements: version and ledger agree at once, and the next run does the rest."""

import signal
from dataclasses import replace

import pytest

from tests.eventually import eventually
from tests.faults.wire import wire
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job, Running
from tests.job.scripts import BACKFILL, CONTRACT, FIRST, INDEX, Script, execute

# Every kind of step in one run: a table with rows, an index of many transactions, a backfill in batches, a contract.
ROWS = execute("INSERT INTO player SELECT n, 'p', n FROM generate_series(1, 500) AS n")
RATING = execute("ALTER TABLE player ADD COLUMN rating int")
HISTORY = (
    replace(FIRST, up="\n    ".join((FIRST.up, RATING, ROWS))),
    INDEX,
    replace(BACKFILL, required=True),
    CONTRACT,
    Script("0005", "0004", up=execute("CREATE TABLE league (id int)")),
)
EMPTY = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
POINTS = 5


@pytest.fixture
def release(image: Build) -> Image:
    return image(*HISTORY)


def end_at(job: Job, found: Database, release: Image, number: int, by: signal.Signals) -> tuple[int, int]:
    """Start from empty and end the run at a statement (0: at none); answers its code and how many it came to."""
    found.execute(*EMPTY)
    runs: list[Running] = []

    def end(statement: int) -> None:
        if statement == number:
            eventually(lambda: runs)[0].send(by)

    with wire(found.url, end) as (counted, environ):
        runs.append(job.start("upgrade", image=release, environ=environ))
        code = runs[0].process.wait(timeout=60)
        return code, counted.statements


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_whatever_statement_it_ends_at_the_next_run_completes_it(
    job: Job, found: Database, release: Image, by: signal.Signals
) -> None:
    """At each of some statements of a whole run: nothing is half believed, and the end is the undisturbed one's."""
    code, statements = end_at(job, found, release, 0, by)
    assert code == 0
    schema, rows = found.schema, found.rows("SELECT * FROM player ORDER BY id")
    for number in range(1, statements, max(statements // POINTS, 1)):
        code, _ = end_at(job, found, release, number, by)
        assert code in ({-by} if by is signal.SIGKILL else {143, 0}), f"at statement {number}"
        eventually(lambda: not found.is_any_runner("true"))
        agree(found, number)
        ended = job.run("upgrade", image=release)
        assert ended.code == 0, f"at statement {number}: {ended.text}"
        assert found.says_applied(*(script.id for script in HISTORY)), f"at statement {number}"
        assert (found.schema, found.rows("SELECT * FROM player ORDER BY id")) == (schema, rows)


def agree(found: Database, number: int) -> None:
    """What is applied is what stands below the version, whenever anybody looks."""
    if not found.value("SELECT to_regclass('ledger_state')::text"):
        return  # it had not begun
    applied = {revision for revision, state in found.states.items() if state == "applied"}
    below = {script.id for script in HISTORY if found.heads and script.id <= max(found.heads)}
    assert applied == below, f"at statement {number}"
    assert found.ledger_heads == found.heads, f"at statement {number}"


def test_a_run_whose_network_is_gone_ends_all_the_same(job: Job, found: Database, image: Build) -> None:
    """SIGTERM ends a run that waits for an answer which will never come, and whose cancel request goes nowhere."""
    slow = image(FIRST, Script("0002", "0001", up=execute("SELECT pg_sleep(600)")))
    with wire(found.url, lambda _: None) as (between, environ):
        running = job.start("upgrade", image=slow, environ=environ)
        eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
        between.freeze()
        running.send(signal.SIGTERM)
        ended = running.end()
    assert ended.code == 143, ended.text
    assert ended.outcome["outcome"] == "cancelled"


def test_a_waiting_run_whose_network_is_gone_ends_all_the_same(
    job: Job, found: Database, release_2: Image
) -> None:
    """The same where it had nothing under way, and would only like to say its last word to the ledger."""
    job.run("upgrade", image=release_2)
    found.register("pod", "0001")
    with wire(found.url, lambda _: None) as (between, environ):
        running = job.start("finish", "--soak", "0", image=release_2, environ=environ)
        running.until("fence.held")
        between.freeze()
        running.send(signal.SIGTERM)
        ended = running.end()
    assert ended.code == 143, ended.text
