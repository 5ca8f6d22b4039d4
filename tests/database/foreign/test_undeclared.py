"""Revisions that say nothing of themselves: held back by readers, unless somebody answers for them."""

from collections.abc import Callable

import pytest

from db.contract import lockfile
from tests.database.foreign.project import Project, execute, revision
from tests.job.database import Database
from tests.job.process import Job

Make = Callable[..., Project]
FIRST = revision("1", up=execute("CREATE TABLE player (name text)"))


def second(up: str = "pass", declared: str = "") -> str:
    return revision("2", "1", up=up, first=declared)


@pytest.fixture
def there(job: Job, project: Make) -> Make:
    """`there(scripts…)` is a project whose first revision is applied."""
    assert job.run("--migrations", str(project(FIRST).migrations), "upgrade").code == 0
    return lambda *revisions: project(FIRST, *revisions)


def test_a_live_reader_holds_back_what_nobody_declared(job: Job, there: Make, found: Database) -> None:
    """Code that is older might use what goes: 80, naming who is in the way; nothing was done."""
    found.register("pod-of-theirs", "1")
    held = job.run("--migrations", str(there(second()).migrations), "upgrade")
    assert (held.code, found.heads) == (80, {"1"})
    assert "pod-of-theirs" in held.outcome["message"]


def test_a_user_may_answer_for_what_nobody_declared(job: Job, there: Make, found: Database) -> None:
    """CALCIO_UNDECLARED=expand is the word that everything undeclared only adds."""
    found.register("pod-of-theirs", "1")
    applied = job.run("--migrations", str(there(second()).migrations), "upgrade", undeclared="expand")
    assert applied.outcome["applied"] == ["2"]


@pytest.mark.parametrize("declared", ["phase = 'expand'", "breaks = []"])
def test_a_declared_revision_needs_nobody_to_answer_for_it(
    job: Job, there: Make, found: Database, declared: str
) -> None:
    """From the next revision on, one line tells more than a setting."""
    found.register("pod-of-theirs", "1")
    given = there(second(declared=declared))
    assert job.run("--migrations", str(given.migrations), "upgrade").outcome["applied"] == ["2"]


def test_an_undeclared_revision_may_take_its_time(job: Job, there: Make) -> None:
    """Nobody has measured it, so it is announced; the server does not end it after the fence's few seconds."""
    up = execute("SELECT 1 / (current_setting('statement_timeout') = '0')::int")
    assert job.run("--migrations", str(there(second(up)).migrations), "upgrade").code == 0


def test_an_undeclared_revision_that_fails_is_no_longer_announced(
    job: Job, there: Make, found: Database
) -> None:
    """It was rolled back whole, so the older code may go on."""
    failed = job.run("--migrations", str(there(second(execute("SELECT 1/0"))).migrations), "upgrade")
    assert (failed.code, found.states) == (82, {"1": "applied"})


def test_the_lockfile_of_another_project_is_what_its_service_carries(
    job: Job, project: Make, found: Database
) -> None:
    """Written without a database, it knows each revision by the digest that the Job puts into the ledger."""
    given = project(FIRST, second())
    there = ["--migrations", str(given.migrations)]
    job.run(*there, "upgrade")
    written = job.run(*there, "lock")
    image = lockfile.read(given.migrations / "revisions.lock")
    digests = {id_: revision.digest for id_, revision in image.revisions.items()}
    assert (written.code, image.heads) == (0, ("2",))
    assert digests == dict(found.rows("SELECT revision, digests[1] FROM ledger_revision"))


def test_the_lockfile_says_where_the_gate_has_to_look(job: Job, project: Make) -> None:
    """The gate never reads an env.py."""
    given = project(FIRST, options="version_table='our_version'")
    path = given.folder / "elsewhere.lock"
    written = job.run("--migrations", str(given.migrations), "lock", str(path))
    assert "CALCIO_SCHEMA=public CALCIO_VERSION_TABLE=our_version" in written.stdout
    assert path.is_file()
