"""A revision that fails: its transaction is gone, the steps before it stay, and no row's value is told to anybody."""

from dataclasses import replace

import pytest

from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.process import Ended, Job
from tests.job.scripts import BACKFILL, FIRST, INDEX, SECOND, execute

# What a row holds must not reach a log, a termination message or the ledger.
VALUE = "a-value-of-a-row"
PEOPLE = replace(
    FIRST,
    up=f"{FIRST.up}\n    {execute(f'''INSERT INTO player VALUES (1, '{VALUE}', 1), (2, '{VALUE}', 2)''')}",
)
AND = "\n    "

FAILURES = {
    "bad SQL": ("42601", execute("ALTER TABEL player")),
    "no such table": ("42P01", execute("ALTER TABLE nobody ADD COLUMN rating int")),
    "a table that is there": ("42P07", execute("CREATE TABLE player (id int)")),
    "a value twice": ("23505", execute("ALTER TABLE player ADD UNIQUE (name)")),
    "a NULL": ("23502", SECOND.up + AND + execute("ALTER TABLE player ALTER COLUMN rating SET NOT NULL")),
    "a check": ("23514", execute(f"ALTER TABLE player ADD CHECK (name <> '{VALUE}')")),
    "a conversion": ("22P02", execute("ALTER TABLE player ALTER COLUMN name TYPE int USING name::int")),
    "a message of the database's": ("P0001", execute(f"DO $$ BEGIN RAISE '{VALUE}'; END $$")),
    "an exception": (None, f"raise ValueError('{VALUE}')"),
    "an assertion": (None, f"assert False, '{VALUE}'"),
    "an exit": (None, f"raise SystemExit('{VALUE}')"),
}


def failed(job: Job, found: Database, ended: Ended, sqlstate: str | None, *applied: str) -> None:
    """The run says which revision failed and with which SQLSTATE; nothing of the step is left, and nothing is told."""
    assert ended.code == 82, ended.text
    assert (ended.outcome["outcome"], ended.outcome["sqlstate"]) == ("failed", sqlstate)
    assert ended.outcome["revision"] in ended.outcome["message"]
    assert found.says_applied(*applied)
    [(_, event)] = found.events("outcome")[-1:]
    assert event["code"] == 82
    assert VALUE not in ended.text + found.dump()
    assert job.run("check").text.find(VALUE) == -1


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_step_leaves_nothing_and_tells_nothing(
    job: Job, found: Database, image: Build, name: str
) -> None:
    """82 with the SQLSTATE, the revision and an event; the schema is the one before the step."""
    sqlstate, up = FAILURES[name]
    job.run("upgrade", image=image(PEOPLE))
    before = found.schema
    changing = execute("ALTER TABLE player ADD COLUMN other int")
    ended = job.run("upgrade", image=image(PEOPLE, replace(SECOND, up=changing + AND + up)))
    failed(job, found, ended, sqlstate, "0001")
    assert found.schema == before


def test_an_exception_is_told_by_its_place(job: Job, image: Build) -> None:
    """Whose Python failed is told by class, file and line: never by its text."""
    ended = job.run("upgrade", image=image(FIRST, replace(SECOND, up="{}['key']")))
    assert "KeyError at 0002.py, line 1" in ended.outcome["message"]


def test_a_contradiction_is_told_by_its_objects(job: Job, image: Build) -> None:
    """The names of table and constraint say where to look for the rows."""
    ended = job.run("upgrade", image=image(PEOPLE, replace(SECOND, up=FAILURES["a value twice"][1])))
    assert "UniqueViolation (23505)" in ended.outcome["message"]
    assert "player" in ended.outcome["message"]
    assert "data revision" in ended.outcome["hint"]


def test_a_unique_index_on_duplicates_is_taken_away_again(job: Job, found: Database, image: Build) -> None:
    """A concurrent build that fails leaves an INVALID index; the next try meets none, and neither does the table."""
    unique = replace(INDEX, up='online.create_index("ix_player_name", "player", ["name"], unique=True)')
    release = image(PEOPLE, unique)
    ended = job.run("upgrade", image=release)
    failed(job, found, ended, "23505", "0001")
    found.execute("DELETE FROM player WHERE id = 2")
    assert job.run("upgrade", image=release).code == 0
    assert (
        found.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_player_name'::regclass") is True
    )


def test_a_statement_that_takes_too_long_is_not_repeated(job: Job, found: Database, image: Build) -> None:
    """CALCIO_STATEMENT_TIMEOUT_S ends it once, and the outcome names the setting."""
    slow = replace(SECOND, up=SECOND.up + AND + execute("SELECT pg_sleep(600)"))
    ended = job.run("upgrade", image=image(FIRST, slow), statement_timeout_s=0.2)
    failed(job, found, ended, "57014", "0001")
    assert "CALCIO_STATEMENT_TIMEOUT_S" in ended.outcome["hint"]
    assert not ended.events("step.retry")


def test_a_revision_that_commits_by_itself_is_found_out(job: Job, found: Database, image: Build) -> None:
    """A step that is left half done by its own COMMIT is not taken for one transaction."""
    commits = replace(SECOND, up=SECOND.up + AND + "op.get_bind().commit()" + AND + execute("nonsense"))
    ended = job.run("upgrade", image=image(FIRST, commits))
    assert ended.code == 82, ended.text
    assert found.says_applied("0001")


def test_the_steps_before_a_failure_stay(job: Job, found: Database, image: Build) -> None:
    """What this run applied before is in its outcome, and the corrected image goes on from there."""
    ended = job.run(
        "upgrade", image=image(FIRST, SECOND, replace(BACKFILL, required=True, up="raise OSError"))
    )
    failed(job, found, ended, None, "0001", "0002")
    assert ended.outcome["applied"] == ["0001", "0002"]
    corrected = image(FIRST, SECOND, replace(BACKFILL, required=True))
    assert job.run("upgrade", image=corrected).outcome["applied"] == ["0003"]


def test_what_a_revision_sets_does_not_reach_the_next_one(job: Job, found: Database, image: Build) -> None:
    """A leaked search_path, role or timeout ends with its step."""
    settings = (
        "search_path = pg_catalog",
        "statement_timeout = 1",
        "lock_timeout = 0",
        "datestyle = 'SQL, DMY'",
    )
    leaking = replace(SECOND, up=AND.join(execute(f"SET {setting}") for setting in settings))
    third = replace(
        BACKFILL, phase="expand", up=execute("CREATE TABLE league (day date DEFAULT '2025-01-31')")
    )
    ended = job.run("upgrade", image=image(FIRST, leaking, third))
    assert ended.code == 0, ended.text
    assert (
        found.value("SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'league'")
        == "public"
    )
