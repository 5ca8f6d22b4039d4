"""What a person sees on a terminal: tables, and a view of a run that is drawn anew while it goes on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.job.database import HOLDER, Database
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import BACKFILL, FIRST, SECOND
from tests.job.terminal import Terminal

ROWS = 4000
FULL = replace(
    FIRST,
    up=f'print("said by a revision"); op.execute("CREATE TABLE player AS'
    f" SELECT id, '' AS name, 1 AS skill FROM generate_series(1, {ROWS}) AS id\")",
)
SLOW = replace(
    BACKFILL,
    up='online.execute_in_batches("player", "UPDATE player SET rating = skill FROM pg_sleep(0.5)'
    ' WHERE id > :after AND id <= :upto", rows=500)',
)
LOOKS = ("status", "plan", "history", "events", "readers", "verify", "settings")


@pytest.mark.parametrize("columns", [80, 120])
def test_answers_are_tables_that_fit(job: Job, found: Database, columns: int) -> None:
    """No line is wider than the terminal, and what an answer is about stands in it."""
    job.run("upgrade", release="release-1-of-a-name-that-is-long")
    found.register("calcio-service-7d9c5b8f6-abcde", "0007")
    for look in LOOKS:
        shown = Terminal(job, look, columns=columns).end()
        assert shown.widest <= columns, (look, shown.text)
        assert shown.is_coloured or "─" in shown.text, (look, shown.text)
    status = Terminal(job, "status", columns=columns).end().text
    assert "unfinished, ready" in status
    assert "calcio-service-7d9c5b8f6-abcde" in status.replace("\n", "")


def test_no_colour_is_sent_where_none_is_wanted(job: Job) -> None:
    """NO_COLOR is respected, by answers and by runs; without it there are some."""
    assert Terminal(job, "status").end().is_coloured
    assert not Terminal(job, "status", NO_COLOR="1").end().is_coloured
    assert not Terminal(job, "upgrade", NO_COLOR="1").end().is_coloured


@pytest.mark.parametrize("columns", [80, 120])
def test_a_run_shows_its_steps_and_how_far_a_backfill_is(
    job: Job, image: Callable[..., Image], columns: int
) -> None:
    """Steps with their duration stay; rows, rate and time to go move; what a revision prints is not lost."""
    release = image(FULL, SECOND, SLOW)
    upgraded = Terminal(job, "upgrade", image=release, columns=columns).end()
    assert upgraded.code == 0, upgraded.text
    assert "said by a revision" in upgraded.text
    assert "✓ upgrade 0001 (expand), 1 of 2" in upgraded.text
    finished = Terminal(job, "finish", "--soak", "0", image=release, columns=columns).end()
    assert finished.widest <= columns, finished.text
    assert "of 4,000 rows" in finished.text
    assert "/s, " in finished.text
    assert "to go" in finished.text
    assert "4,000 rows\n" in finished.text
    assert finished.text.rstrip().endswith("✓ applied 0003  (exit 0)")


def test_a_run_shows_who_is_in_its_way(job: Job, found: Database, release_2: Image) -> None:
    """A transaction by its name while it lasts; then for how long that was."""
    job.run("upgrade", image=release_2)
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        terminal = Terminal(job, "finish", "--soak", "0", image=release_2)
        terminal.until(HOLDER)
    shown = terminal.end()
    assert shown.code == 0, shown.text
    assert "revision 0004 met a lock" in shown.text
    assert "· waited" in shown.text


def test_a_run_shows_the_readers_that_hold_it_back(job: Job, found: Database, release_2: Image) -> None:
    """Each on its own line, until they have left."""
    job.run("upgrade", image=release_2)
    reader = found.register("an-old-pod", "0001")
    terminal = Terminal(job, "finish", "--soak", "0.5", image=release_2)
    terminal.until("in the way: an-old-pod of release 1.0.0")
    found.leave(reader)
    shown = terminal.end()
    assert shown.code == 0, shown.text
    assert "· waited" in shown.text


def test_going_back_shows_what_is_lost(job: Job, found: Database, release_2: Image) -> None:
    """Tables and columns with their rows, and the word that accepts exactly that."""
    job.run("upgrade", image=release_2)
    found.execute("INSERT INTO player VALUES (1, 'Ada', 3, 4)")
    shown = Terminal(job, "downgrade", "0001", image=release_2).end()
    assert shown.code == 85, shown.text
    assert "column player.rating" in shown.text
    assert "--accept-loss" in shown.text


def test_json_is_json_on_a_terminal_too(job: Job) -> None:
    """Who asks for it gets nothing else."""
    assert Terminal(job, "status", "--json", columns=1000).end().sent.startswith('{"standing": "empty"')
    assert '{"outcome": "applied", "code": 0' in Terminal(job, "upgrade", "--json", columns=1000).end().sent


def test_without_rich_a_terminal_gets_sentences(job: Job, release_2: Image) -> None:
    """Another project's image has what its project has."""
    assert "empty (not ready)" in Terminal(job, "status", image=release_2, has_rich=False).end().text
    shown = Terminal(job, "upgrade", image=release_2, has_rich=False).end()
    assert "applied 0001, 0002 (exit 0)" in shown.text, shown.text
