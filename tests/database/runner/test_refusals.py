"""A database that is not this image's: each case has its exit code, its words, its remedy, and is left as it was."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.database.migrating import upgrade as upgrade_by_alembic
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import BACKFILL, CONTRACT, FIRST, HISTORY, SECOND, Script, execute

BRANCH = Script("0002b", "0001", up=execute("ALTER TABLE player ADD COLUMN nick text"))
EDITED = replace(SECOND, up=execute("ALTER TABLE player ADD COLUMN rating bigint"))
FINISH = ("finish", "--soak", "0", "--wait", "0")


class Case(NamedTuple):
    """What was applied before, which image then comes, and how it is refused."""

    before: tuple[Script, ...]
    image: tuple[Script, ...]
    code: int
    says: str
    remedy: str


CASES = {
    "diverged": Case((FIRST, BRANCH), (FIRST, SECOND), 79, "0002b", "release from a branch that has both"),
    "broken": Case(HISTORY, (FIRST,), 79, "revision 0004 by release first", "deploy a newer release"),
    "edited": Case((FIRST, SECOND), (FIRST, EDITED), 81, "revision 0002", "restore its script as it was"),
    "edited, with more to do": Case(
        (FIRST, SECOND), (FIRST, EDITED, BACKFILL, CONTRACT), 81, "revision 0002", "restore its script"
    ),
    "the same id on another branch": Case(
        (FIRST, replace(BRANCH, id="0002")), (FIRST, SECOND), 81, "0002", "restore its script"
    ),
}


@pytest.mark.parametrize("command", [("upgrade",), FINISH], ids=["upgrade", "finish"])
@pytest.mark.parametrize("name", CASES)
def test_a_database_of_another_release_is_left_as_it_was(
    job: Job, found: Database, image: Build, name: str, command: tuple[str, ...]
) -> None:
    """The refusal names revision and remedy; schema, version and ledger are what they were, but for the event."""
    before, scripts, code, says, remedy = CASES[name]
    job.run("upgrade", image=image(*before), release="first")
    job.run(*FINISH, image=image(*before), release="first")
    _expect(job, found, image(*scripts), command, code, says, remedy)


class Left(NamedTuple):
    """What somebody else left in the database, and how it is refused."""

    make: Callable[[Database], None]
    says: str
    remedy: str


LEFT = {
    "unversioned": Left(
        lambda found: found.execute("CREATE TABLE somebodys (id int)"),
        "tables and no version",
        "python -m db stamp",
    ),
    "foreign": Left(
        lambda found: found.execute(
            "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
            "INSERT INTO alembic_version VALUES ('beef')",
        ),
        "nothing explains beef",
        "is this its database?",
    ),
    "moved by a newer plain alembic": Left(
        lambda found: found.execute("UPDATE alembic_version SET version_num = '0042'"),
        "0042",
        "newest release",
    ),
}


@pytest.mark.parametrize("command", [("upgrade",), FINISH], ids=["upgrade", "finish"])
@pytest.mark.parametrize("name", LEFT)
def test_what_nobody_explains_is_left_as_it_was(
    job: Job, found: Database, image: Build, name: str, command: tuple[str, ...]
) -> None:
    """Where the ledger does not prove what is there, 79 says so and nothing is touched."""
    make, says, remedy = LEFT[name]
    if "moved" in name:
        job.run("upgrade", image=image(FIRST))
    make(found)
    _expect(job, found, image(FIRST, SECOND), command, 79, says, remedy)


def _expect(
    job: Job, found: Database, image: Image, command: tuple[str, ...], code: int, says: str, remedy: str
) -> None:
    tables = found.rows("SELECT relname FROM pg_class WHERE relkind = 'r' ORDER BY 1")
    before = _without_outcomes(found)
    ended = job.run(*command, image=image)
    assert ended.code == code, ended.text
    assert says in ended.outcome["message"]
    assert remedy in ended.outcome["hint"]
    assert ended.outcome["outcome"] == "refused"
    assert ended.outcome["applied"] == []
    assert _without_outcomes(found) == before
    assert found.rows("SELECT relname FROM pg_class WHERE relkind = 'r' ORDER BY 1") == tables


def _without_outcomes(found: Database) -> list[tuple[object, ...]]:
    return [row for row in found.fingerprint if row[0] != "ledger_event"]


def test_an_older_image_on_a_newer_database_changes_nothing(job: Job, found: Database, image: Build) -> None:
    """A rollback's Job finds the newer database compatible, says so, and exits 0."""
    job.run("upgrade", image=image(FIRST, SECOND))
    before = found.fingerprint
    for command in (("upgrade",), FINISH):
        ended = job.run(*command, image=image(FIRST))
        assert (ended.code, ended.outcome["outcome"]) == (0, "ahead"), ended.text
        assert "compatible" in ended.outcome["hint"]
    assert found.fingerprint == before


def test_a_database_that_plain_alembic_made_is_taken_over(job: Job, found: Database) -> None:
    """Without a ledger but at a known revision, a run writes down what is there, and goes on from it."""
    upgrade_by_alembic(found.url, "0002")
    ended = job.run("upgrade")
    assert ended.code == 0, ended.text
    assert ended.outcome["applied"][0] == "0003"
    sources = dict(found.rows("SELECT revision, source FROM ledger_revision"))
    assert (sources["0001"], sources["0002"], sources["0003"]) == ("reconcile", "reconcile", "step")


def test_plain_alembic_in_between_is_reconciled(job: Job, found: Database, image: Build) -> None:
    """Where alembic_version moved without the ledger, the next run corrects the ledger before it does anything."""
    job.run("upgrade", image=image(FIRST))
    found.execute(
        "ALTER TABLE player ADD COLUMN rating int", "UPDATE alembic_version SET version_num = '0002'"
    )
    assert job.run("check", image=image(FIRST, SECOND)).code == 0
    ended = job.run("upgrade", image=image(FIRST, SECOND))
    assert ended.code == 0, ended.text
    assert ended.outcome["applied"] == []
    assert found.says_applied("0001", "0002")
    [(_, event)] = found.events("reconcile")
    assert event == {"written": ["0002"], "removed": []}


def test_a_plain_downgrade_is_reconciled(job: Job, found: Database, image: Build) -> None:
    """Rows of what plain alembic took back are removed, and the run then applies it again."""
    job.run("upgrade", image=image(FIRST, SECOND))
    found.execute("ALTER TABLE player DROP COLUMN rating", "UPDATE alembic_version SET version_num = '0001'")
    ended = job.run("upgrade", image=image(FIRST, SECOND))
    assert ended.outcome["applied"] == ["0002"], ended.text
    assert found.says_applied("0001", "0002")
    [(_, event)] = found.events("reconcile")
    assert event == {"written": [], "removed": ["0002"]}


def test_what_a_run_announced_stays_announced(job: Job, found: Database, image: Build) -> None:
    """A reconciliation does not make a half-done step look done, nor forget it."""
    release_1, release_2 = image(FIRST), image(*HISTORY)
    job.run("upgrade", image=release_1)
    found.execute(
        "INSERT INTO ledger_revision SELECT history, '0004', '{0003}', 'contract', '{0001:0002}', false, 'applying',"
        " digests, source FROM ledger_revision",
        "ALTER TABLE player ADD COLUMN rating int",
        "UPDATE alembic_version SET version_num = '0002'",
    )
    ended = job.run("upgrade", image=release_2)
    assert ended.code == 0, ended.text
    assert found.states == {"0001": "applied", "0002": "applied", "0004": "applying"}
    assert job.run("check", image=release_1).code == 79
