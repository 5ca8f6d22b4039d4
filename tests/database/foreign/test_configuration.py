"""Which scripts a folder stands for, by its own configuration or by its look, and where env.py keeps the version."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.database.foreign.project import Project, execute, revision
from tests.job.database import Database
from tests.job.process import Ended, Job
from tests.repository.tree import ROOT

Make = Callable[..., Project]
ONE, TWO, THREE = (revision(id_, below) for id_, below in (("1", None), ("2", "1"), ("3", "2")))


def upgrade(job: Job, project: Project, *arguments: str, **settings: Any) -> Ended:
    return job.run("--migrations", str(project.migrations), "upgrade", *arguments, **settings)


def test_folders_of_scripts_are_read_where_there_are_no_others(job: Job, project: Make) -> None:
    """A folder a release, which the configuration does not mention."""
    nested = project().with_revisions(ONE, below="a").with_revisions(TWO, below="b/c")
    assert upgrade(job, nested).outcome["applied"] == ["1", "2"]


def test_folders_of_scripts_are_read_where_these_stand_on_the_others(job: Job, project: Make) -> None:
    """Half a history, applied with exit code 0, would be the worst of all answers."""
    nested = project(ONE).with_revisions(TWO, THREE, below="yoga/expand")
    assert upgrade(job, nested).outcome["applied"] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("aside", "said"),
    [
        (revision("0"), ""),
        ("'''No revision at all.'''", ""),
        (TWO, "recursive_version_locations = false"),
        (TWO, "version_locations = %(here)s/migrations/versions"),
    ],
    ids=[
        "a history of its own",
        "no revisions",
        "the configuration says so",
        "the configuration names others",
    ],
)
def test_what_was_put_aside_is_left_there(job: Job, project: Make, aside: str, said: str) -> None:
    """Plain `alembic` does not see it either."""
    squashed = project(ONE, said=said).with_revisions(aside, below="squashed")
    assert upgrade(job, squashed).outcome["applied"] == ["1"]


def test_the_configuration_names_folders(job: Job, project: Make) -> None:
    """As seen from where plain `alembic` is run, wherever the Job is."""
    several = project(said="version_locations = here:there").with_revisions()
    for folder, text in (("here", ONE), ("there", TWO)):
        (several.folder / folder).mkdir()
        (several.folder / folder / "it.py").write_text(text)
    assert upgrade(job, several).outcome["applied"] == ["1", "2"]


def test_modules_beside_the_configuration_are_found(job: Job, project: Make) -> None:
    """`prepend_sys_path = .` means the folder of alembic.ini; it is what `alembic init` writes."""
    beside = project(ONE, said="prepend_sys_path = .", first="import models_of_ours")
    (beside.folder / "models_of_ours.py").touch()
    assert upgrade(job, beside).outcome["applied"] == ["1"]


def test_the_configuration_may_be_a_pyproject(job: Job, project: Make) -> None:
    """[tool.alembic] says what alembic.ini used to."""
    modern = project().with_revisions(ONE, below="deep/down").with_revisions(revision("0"), below="aside")
    modern.ini.unlink()
    (modern.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'
        'version_locations = ["%(here)s/migrations/versions/deep/down"]\n'
    )
    assert upgrade(job, modern).outcome["applied"] == ["1"]


def test_the_section_is_the_one_that_names_the_folder(job: Job, project: Make) -> None:
    """One alembic.ini may configure several histories, as `alembic --name` tells them apart."""
    named = project(ONE, models="assert config.get_main_option('colour') == 'red'\ntarget_metadata = None")
    named.ini.write_text(
        "[alembic]\nscript_location = elsewhere\ncolour = blue\n"
        "[accounts]\nscript_location = %(here)s/migrations\ncolour = red\n"
    )
    assert upgrade(job, named).outcome["applied"] == ["1"]


def test_the_version_is_where_env_py_keeps_it(job: Job, project: Make, found: Database) -> None:
    """And the ledger beside it; a second run finds both, and other tables stay where they belong."""
    found.execute("CREATE SCHEMA kept")
    own = project(
        revision("1", up=execute("CREATE TABLE made (x int)")),
        options="version_table='our_version', version_table_schema='kept'",
    )
    assert upgrade(job, own).outcome["applied"] == ["1"]
    tables = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = %s AND relkind = 'r'"
    where = {name: found.value(tables, name) for name in ("made", "our_version", "ledger_state")}
    assert where == {"made": "public", "our_version": "kept", "ledger_state": "kept"}
    assert upgrade(job, own).outcome["outcome"] == "nothing"


def test_settings_say_where_the_version_is_when_env_py_does_not(
    job: Job, project: Make, found: Database
) -> None:
    """Two histories share a schema, each with a version table and rows of the ledger of its own."""
    accounts, games = (project(revision(f"{table}_1")) for table in ("accounts_version", "games_version"))
    upgrade(job, accounts, version_table="accounts_version")
    unversioned = upgrade(job, games, version_table="games_version")
    assert (unversioned.code, "stamp" in unversioned.outcome["hint"]) == (79, True)
    # These tables are not its own, as only a person can know.
    job.run("--migrations", str(games.migrations), "stamp", "base", version_table="games_version")
    upgrade(job, games, version_table="games_version")
    assert {head for (head,) in found.rows("TABLE accounts_version")} == {"accounts_version_1"}
    assert {head for (head,) in found.rows("TABLE games_version")} == {"games_version_1"}
    assert found.rows("SELECT history, heads FROM ledger_state ORDER BY 1") == [
        ("accounts_version", ["accounts_version_1"]),
        ("games_version", ["games_version_1"]),
    ]


def test_a_project_on_another_driver_is_told_what_is_missing() -> None:
    """An image without psycopg2 ends with 78 and the command that adds it, not with a traceback."""
    program = "import sys; sys.modules['psycopg2'] = None; import runpy; runpy.run_module('db', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-c", program, "status"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ended.returncode == 78, ended.stderr
    assert ended.stderr == "psycopg2 is not installed, and revisions run on it. pip install psycopg2-binary\n"
