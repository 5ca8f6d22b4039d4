"""Revisions that somebody wrote for plain `alembic`: they find what they would find there."""

from collections.abc import Callable

from tests.database.foreign.project import Project, execute, revision
from tests.eventually import eventually
from tests.job.database import Database
from tests.job.process import Job

Make = Callable[..., Project]
TABLE = execute("CREATE TABLE player (name text)")
INDEX = """
    with op.get_context().autocommit_block():
        op.create_index("player_name", "player", ["name"], postgresql_concurrently=True)"""
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


def test_alembic_context_is_there_in_a_revision(job: Job, project: Make, found: Database) -> None:
    """As it is imported, and as it runs."""
    up = (
        execute("CREATE TABLE made (x int)")
        + "; op.rename_table('made', context.config.get_main_option('name'))"
    )
    given = project(
        revision("1", up=up, first="assert context.config.get_main_option('name')"), said="name = renamed"
    )
    ended = job.run("--migrations", str(given.migrations), "upgrade")
    assert ended.code == 0, ended.text
    assert found.value("SELECT to_regclass('renamed')::text") == "renamed"


def test_a_revision_may_open_connections_of_its_own(job: Job, project: Make, found: Database) -> None:
    """What they do stays when the step fails, as with plain `alembic`; the step itself leaves nothing."""
    up = """
    with op.get_bind().engine.begin() as beside:
        beside.exec_driver_sql("CREATE TABLE beside (x int)")
    op.execute("CREATE TABLE inside (x int)")
    """
    given = project(revision("1", up=up + "op.execute('SELECT 1/0')"))
    failed = job.run("--migrations", str(given.migrations), "upgrade")
    assert (failed.code, failed.outcome["sqlstate"]) == (82, "22012")
    assert found.rows("SELECT to_regclass('beside')::text, to_regclass('inside')::text") == [("beside", None)]


def test_the_engine_knows_its_database(job: Job, project: Make) -> None:
    """ALTER DATABASE wants its name, which revisions take from the engine's URL."""
    up = """
    engine = op.get_bind().engine
    op.execute(f"ALTER DATABASE {engine.url.database} SET search_path = public")
    """
    assert job.run("--migrations", str(project(revision("1", up=up)).migrations), "upgrade").code == 0


def test_a_type_is_made_once_for_all_steps_and_again_after_a_step_that_was_rolled_back(
    job: Job, project: Make, found: Database
) -> None:
    """Two tables of one enum are two CREATE TYPE of which Alembic remembers one; a try that was undone made none."""
    column = "sa.Column('c', sa.Enum('a', 'b', name='mood'))"
    given = project(
        revision("1", up=TABLE),
        revision(
            "2", "1", up=f"op.create_table('first', {column}); op.execute('ALTER TABLE player ADD x int')"
        ),
        revision("3", "2", up=f"op.create_table('second', {column})"),
    )
    found.execute("CREATE TABLE player (name text)", "CREATE TABLE alembic_version (version_num varchar(32))")
    found.execute("INSERT INTO alembic_version VALUES ('1')")
    with found.transaction("SELECT FROM player"):
        run = job.start("--migrations", str(given.migrations), "upgrade", undeclared="expand")
        run.until("step.retry")
    assert run.end().outcome["applied"] == ["2", "3"]


def test_a_concurrent_index_waits_for_who_is_in_its_way(job: Job, project: Make, found: Database) -> None:
    """Cut short it would be INVALID; and it waits in nobody's way."""
    given = project(revision("1", up=TABLE), revision("2", "1", up=INDEX))
    begun(job, project)
    with found.transaction("INSERT INTO player VALUES ('x')"):
        there = ("--migrations", str(given.migrations))
        run = job.start(*there, "upgrade", undeclared="expand", lock_timeout_ms=1)
        waits = "query LIKE 'CREATE INDEX CONCURRENTLY%%' AND wait_event_type = 'Lock'"
        eventually(lambda: found.is_any_runner(waits))
    ended = run.end()
    assert (ended.code, ended.outcome["attempts"]) == (0, 1), ended.text
    assert found.value(INVALID) == 0


def test_an_index_that_was_left_invalid_is_built_anew(job: Job, project: Make, found: Database) -> None:
    """Its name is taken, and what bears it is of no use."""
    unique = INDEX.replace("concurrently=True", "concurrently=True, unique=True")
    given = project(revision("1", up=TABLE), revision("2", "1", up=unique))
    begun(job, project)
    found.execute("INSERT INTO player VALUES ('twice'), ('twice')")
    there = ("--migrations", str(given.migrations))
    assert job.run(*there, "upgrade", undeclared="expand").outcome["sqlstate"] == "23505"
    assert found.value(INVALID) == 1
    found.execute("TRUNCATE player")
    assert job.run(*there, "upgrade", undeclared="expand").code == 0
    assert found.value(INVALID) == 0


def begun(job: Job, project: Make) -> None:
    """Apply the first revision of both."""
    assert job.run("--migrations", str(project(revision("1", up=TABLE)).migrations), "upgrade").code == 0
