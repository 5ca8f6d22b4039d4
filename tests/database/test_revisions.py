"""The history as plain Alembic runs it: from empty to head, and back."""

import os
import subprocess
import sys

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from db.contract.url import DatabaseUrl
from tests.database.migrating import INI, config, connected, downgrade, execute, rows, schema, upgrade
from tests.repository.tree import ROOT

HISTORY = [script.revision for script in ScriptDirectory(str(ROOT / "db/migrations")).walk_revisions()][::-1]


def alembic(url: DatabaseUrl, *arguments: str) -> str:
    """What a developer's own `alembic` prints."""
    assert url.user
    assert url.password
    credentials = f"{url.user}:{url.password.reveal()}"
    environ = {"PATH": os.defpath, "DATABASE_URL": f"postgresql://{credentials}@{url.address}"}
    ran = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(INI), *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert url.password.reveal() not in ran.stdout + ran.stderr
    return ran.stdout


def test_plain_alembic_takes_an_empty_database_to_the_head(database_url: DatabaseUrl) -> None:
    """A developer needs DATABASE_URL and nothing else of ours."""
    alembic(database_url, "upgrade", "head")
    assert rows(database_url, "SELECT version_num FROM alembic_version") == [(HISTORY[-1],)]


def test_at_the_head_the_models_are_what_the_database_has(database_url: DatabaseUrl) -> None:
    """Autogenerate finds nothing to do: neither tables, columns, defaults, indexes nor checks."""
    upgrade(database_url)
    with connected(database_url) as connection:
        command.check(config(connection))


def test_autogenerate_leaves_the_ledger_alone(database_url: DatabaseUrl) -> None:
    """The ledger's tables are in the database and not in the models, on purpose."""
    upgrade(database_url)
    ledger = ("revision", "state", "event", "reader")
    execute(database_url, *(f"CREATE TABLE ledger_{name} (history text)" for name in ledger))
    with connected(database_url) as connection:
        command.check(config(connection))


@pytest.mark.parametrize(
    ("below", "revision"), list(zip(["base", *HISTORY], HISTORY, strict=False)), ids=HISTORY
)
def test_down_leaves_no_trace_of_up(database_url: DatabaseUrl, below: str, revision: str) -> None:
    """Each downgrade gives back the schema before its upgrade, and the upgrade then makes the same one again."""
    if below != "base":
        upgrade(database_url, below)
    before = schema(database_url)
    upgrade(database_url, revision)
    after = schema(database_url)
    downgrade(database_url, below)
    assert schema(database_url) == before
    upgrade(database_url, revision)
    assert schema(database_url) == after


def test_the_offline_script_makes_the_same_schema(database_url: DatabaseUrl) -> None:
    """What `--sql` prints for a review is what a run does."""
    script = alembic(database_url, "upgrade", "head", "--sql")
    execute(database_url, *(statement for statement in script.split(";\n\n") if statement.strip()))
    offline = schema(database_url)
    execute(database_url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    upgrade(database_url)
    assert offline == schema(database_url)
