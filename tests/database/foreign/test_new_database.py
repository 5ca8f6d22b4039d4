"""The first steps of an empty database, which share a transaction where plain Alembic would give them one."""

import signal
from collections.abc import Callable

import pytest

from db.contract.url import DatabaseUrl
from tests.database.foreign.dump import dump
from tests.database.foreign.project import ENV, Project, execute, revision
from tests.eventually import eventually
from tests.job.database import Database
from tests.job.process import Ended, Job

Make = Callable[..., Project]
Upgrade = Callable[..., Ended]
# Which transaction wrote the rows of the ledger: equal for those that were written together.
TRANSACTIONS = "SELECT xmin::text FROM ledger_revision ORDER BY revision"
ONLINE = ENV.replace("=target_metadata, **", "=target_metadata, transaction_per_migration=True, **")
WAIT = "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(7)"


def table(id_: str, *more: str) -> str:
    """The revision `id_`, which makes a table of this number and executes what is `more`."""
    up = "; ".join(execute(statement) for statement in (f"CREATE TABLE t{id_} (x int)", *more))
    return revision(id_, str(int(id_) - 1) if id_ != "1" else None, up=up)


@pytest.fixture
def upgrade(job: Job) -> Upgrade:
    """`upgrade(project)` applies it, with nothing declared and nobody's word for it."""
    return lambda project, **settings: job.run("--migrations", str(project.migrations), "upgrade", **settings)


def test_they_share_one_and_leave_what_each_leaves_in_its_own(
    upgrade: Upgrade, project: Make, found: Database, another_url: DatabaseUrl
) -> None:
    """The schema of plain `alembic`, and in the ledger a row and an event each."""
    given = project(table("1"), table("2"), table("3"))
    ended = upgrade(given)
    given.alembic(another_url, "upgrade", "head")
    assert ended.outcome["applied"] == ["1", "2", "3"]
    assert dump(found.url) == dump(another_url)
    assert len(set(found.rows(TRANSACTIONS))) == 1
    assert found.says_applied("1", "2", "3")
    events = "SELECT revision, heads, detail ? 'duration_ms' FROM ledger_event WHERE operation = 'upgrade'"
    assert found.rows(f"{events} ORDER BY seq") == [(id_, [id_], True) for id_ in "123"]


def test_each_finds_the_version_and_the_settings_that_it_would_find_alone(
    upgrade: Upgrade, project: Make, found: Database
) -> None:
    """The version is its parent's, and what that one has SET is gone."""
    is_parent = "SELECT 1 / (version_num = '1')::int FROM alembic_version"
    given = project(table("1", "SET search_path = pg_catalog", "SET ROLE NONE"), table("2", is_parent))
    assert upgrade(given).code == 0
    assert found.value("SELECT to_regclass('public.t2')::text") == "t2"
    assert len(set(found.rows(TRANSACTIONS))) == 1


@pytest.mark.parametrize(
    "said",
    [{"options": "transaction_per_migration=True"}, {"env": ONLINE}],
    ids=["always", "where it has a connection"],
)
def test_an_env_that_wants_a_transaction_each_gets_them(
    upgrade: Upgrade, project: Make, found: Database, said: dict[str, str]
) -> None:
    """Its revisions were written for that."""
    given = project(table("1"), table("2"), **said)
    assert upgrade(given).code == 0
    assert len(set(found.rows(TRANSACTIONS))) == 2


def test_what_leaves_its_transaction_is_taken_by_itself(
    upgrade: Upgrade, project: Make, found: Database
) -> None:
    """Those before it share one, and those after it another."""
    block = "with op.get_context().autocommit_block(): op.execute('VACUUM t1')"
    given = project(
        table("1"), table("2"), revision("3", "2", up=f"\n    {block}"), table("4", "SELECT 1"), table("5")
    )
    assert upgrade(given).code == 0
    first, second, third, fourth, fifth = found.rows(TRANSACTIONS)
    assert len({first, third, fourth}) == 3
    assert (first, fourth) == (second, fifth)


def test_none_is_kept_open_for_much_longer_than_a_second(
    upgrade: Upgrade, project: Make, found: Database
) -> None:
    """What was done by then is committed, and stays whatever dies later."""
    given = project(table("1", "SELECT pg_sleep(1.1)"), table("2"), table("3"))
    assert upgrade(given).code == 0
    first, second, third = found.rows(TRANSACTIONS)
    assert first != second
    assert second == third


def test_a_step_that_fails_leaves_those_before_it(upgrade: Upgrade, project: Make, found: Database) -> None:
    """As if each had had its own from the beginning, and the one that failed is named."""
    given = project(table("1"), table("2"), table("3", "SELECT 1/0"), table("4"))
    failed = upgrade(given)
    assert (failed.code, failed.outcome["revision"], failed.outcome["sqlstate"]) == (82, "3", "22012")
    assert failed.outcome["applied"] == ["1", "2"]
    assert found.says_applied("1", "2")
    assert found.value("SELECT to_regclass('t3')") is None


PENDING = (
    "CREATE TABLE below (id int PRIMARY KEY)",
    "CREATE TABLE above (id int REFERENCES below DEFERRABLE INITIALLY DEFERRED)",
)
BESIDE = """
    with op.get_bind().engine.begin() as beside:
        beside.exec_driver_sql("INSERT INTO t1 VALUES (1)")
"""


@pytest.mark.parametrize(
    ("second", "undone"),
    [
        (execute("INSERT INTO below VALUES (1); INSERT INTO above VALUES (1)"), ["1", "2"]),
        (BESIDE, ["1"]),
    ],
    ids=["rows whose constraint is checked at COMMIT", "a session beside"],
)
def test_what_can_not_share_one_has_its_own(
    upgrade: Upgrade, project: Make, found: Database, second: str, undone: list[str]
) -> None:
    """Whatever fails in company is tried once more alone, so that nothing has to be known of it."""
    given = project(
        table("1", *PENDING), revision("2", "1", up=second), table("3", "ALTER TABLE above ADD x int")
    )
    ended = upgrade(given)
    assert ended.outcome["applied"] == ["1", "2", "3"]
    assert [event["undone"] for event in ended.events("step.alone")] == [undone]
    assert len(set(found.rows(TRANSACTIONS))) == 3


def test_a_step_that_commits_by_itself_is_refused_and_the_ledger_tells_the_truth(
    upgrade: Upgrade, project: Make, found: Database
) -> None:
    """What it committed of those before it is applied, version and all."""
    leaves = "op.get_bind().connection.driver_connection.commit()"
    failed = upgrade(project(table("1"), revision("2", "1", up=leaves), table("3")))
    assert (failed.code, failed.outcome["revision"]) == (82, "2")
    assert "revision 2 committed, or rolled back, by itself" in failed.outcome["message"]
    assert failed.outcome["applied"] == ["1"]
    assert found.says_applied("1")


def test_a_live_reader_holds_back_no_more_than_the_step_that_breaks_it(
    upgrade: Upgrade, project: Make, found: Database
) -> None:
    """Those before it are applied, and it is named."""
    assert upgrade(project(revision("1", up=execute("SELECT 1/0")))).code == 82
    found.register("pod-of-theirs", "1")
    held = upgrade(project(table("1"), table("2"), table("3")))
    assert (held.code, held.outcome["revision"]) == (80, "2")
    assert found.says_applied("1")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_run_that_is_ended_leaves_nothing_of_what_was_not_committed(
    job: Job, project: Make, found: Database, number: signal.Signals, code: int
) -> None:
    """The next one does it all."""
    arguments = ("--migrations", str(project(table("1"), table("2", WAIT)).migrations), "upgrade")
    with found.transaction("SELECT pg_advisory_xact_lock(7)"):
        run = job.start(*arguments, undeclared="expand")
        eventually(lambda: found.is_any_runner("wait_event = 'advisory'"))
        run.send(number)
        ended = run.end()
        assert (ended.code, ended.events("step.alone")) == (code, [])
        eventually(lambda: not found.is_any_runner("true"))
    assert (found.states, found.heads) == ({}, set())
    assert found.value("SELECT to_regclass('t1')") is None
    assert job.run(*arguments, undeclared="expand").outcome["applied"] == ["1", "2"]
    assert found.says_applied("1", "2")


def test_a_lost_connection_is_followed_by_one_step_at_a_time(
    job: Job, project: Make, found: Database
) -> None:
    """Who knows whether it was lost for what they did together."""
    arguments = ("--migrations", str(project(table("1"), table("2", WAIT)).migrations), "upgrade")
    with found.transaction("SELECT pg_advisory_xact_lock(7)"):
        run = job.start(*arguments, undeclared="expand")
        eventually(lambda: found.is_any_runner("wait_event = 'advisory'"))
        found.terminate_runners()
    assert run.end().outcome["applied"] == ["1", "2"]
    assert found.says_applied("1", "2")
    assert len(set(found.rows(TRANSACTIONS))) == 2
