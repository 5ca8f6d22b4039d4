"""An env.py that somebody wrote for a terminal: asked once, offline, for what changes the revisions."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.database.foreign.project import Project, execute, revision
from tests.job.database import Database
from tests.job.process import Job

Make = Callable[..., Project]
UNNAMED = """op.create_table("q", sa.Column("s", sa.Integer, unique=True))"""
NAMED = """op.drop_constraint("uq_q_s", "q")"""
CONVENTION = 'target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})'


def test_constraints_have_the_names_of_the_models_convention(job: Job, project: Make) -> None:
    """Although only the half of env.py that has a connection hands the models on."""
    given = project(revision("1", up=UNNAMED), revision("2", "1", up=NAMED), models=CONVENTION)
    ended = job.run("--migrations", str(given.migrations), "upgrade")
    assert ended.outcome["applied"] == ["1", "2"], ended.text


def test_without_env_py_its_convention_is_missing(job: Job, project: Make) -> None:
    """What the setting costs is what the refusal says it does."""
    given = project(revision("1", up=UNNAMED), revision("2", "1", up=NAMED), models=CONVENTION)
    ended = job.run("--migrations", str(given.migrations), "upgrade", env_py="skip")
    assert (ended.code, ended.outcome["revision"]) == (82, "2")


@pytest.mark.parametrize(
    "code",
    [
        "config.attributes['connection'].execute",
        "import sys; sys.exit(1)",
        "import nothing_of_this_name",
        "raise SystemError(os.environ['DATABASE_URL_FILE'])",
    ],
)
def test_an_env_py_that_cannot_be_asked_is_refused_with_the_way_out(
    job: Job, project: Make, code: str
) -> None:
    """The refusal names the setting that skips it, and the line it failed at; never what the error says."""
    given = project(revision("1"), models=f"{code}\ntarget_metadata = None")
    refused = job.run("--migrations", str(given.migrations), "upgrade")
    assert refused.code == 65, refused.text
    assert "CALCIO_ENV_PY=skip" in refused.outcome["hint"]
    assert "env.py, line 9" in refused.outcome["message"]
    assert "DATABASE_URL" not in refused.outcome["message"]
    skipped = job.run("--migrations", str(given.migrations), "upgrade", env_py="skip")
    assert skipped.outcome["applied"] == ["1"]


@pytest.mark.parametrize(
    "code",
    [
        "assert context.get_x_argument(as_dictionary=True) == {}",
        "assert not config.cmd_opts.x",
        "assert config.attributes.get('connection') is None",
        "assert config.get_section(config.config_ini_section)['script_location']",
        "print('from env.py')",
        "import logging; logging.getLogger('alembic').handlers = []; logging.disable()",
    ],
)
def test_an_env_py_finds_what_the_command_line_would_give_it(job: Job, project: Make, code: str) -> None:
    """And what it prints is not taken for what the Job says."""
    given = project(revision("1", up="print('from a revision')"), models=f"{code}\ntarget_metadata = None")
    ended = job.run("--migrations", str(given.migrations), "upgrade")
    assert ended.outcome["applied"] == ["1"], ended.text


def test_an_env_py_without_a_configuration_is_asked_all_the_same(
    job: Job, project: Make, tmp_path: Path
) -> None:
    """Its fileConfig has no file to read, and the Job logs for itself anyway."""
    given = project(revision("1"))
    given.ini.unlink()
    alone = given.migrations.rename(tmp_path / "alone")
    assert job.run("--migrations", str(alone), "upgrade").outcome["applied"] == ["1"]


def test_what_env_py_wants_called_with_each_step_is_called_in_its_transaction(
    job: Job, project: Make, found: Database
) -> None:
    """An audit of their own goes on."""
    audit = "INSERT INTO audit VALUES ('{step.up_revision_id}')"
    hook = f"""lambda ctx, step, **_: ctx.connection.exec_driver_sql(f"{audit}")"""
    table = execute("CREATE TABLE audit (revision text, at xid8 DEFAULT pg_current_xact_id())")
    given = project(revision("1", up=table), revision("2", "1"), options=f"on_version_apply={hook}")
    job.run("--migrations", str(given.migrations), "upgrade")
    assert [name for (name,) in found.rows("SELECT revision FROM audit")] == ["1", "2"]
    together = "SELECT count(*) FROM audit JOIN ledger_revision r USING (revision) WHERE r.xmin = at::xid"
    assert found.value(together) == 2


def test_threads_that_are_no_more_pythons_own_are_refused(job: Job, project: Make) -> None:
    """The run would wait for ever for a thread that nobody wakes."""
    given = project(revision("1"), models="import time; time.sleep = lambda s: None\ntarget_metadata = None")
    refused = job.run("--migrations", str(given.migrations), "upgrade")
    assert (refused.code, "threads" in refused.outcome["message"]) == (65, True)
