"""The Job through a PgBouncer that lends sessions and swallows `options`: as sound as without it, and it says so."""

import signal
from collections.abc import Mapping
from dataclasses import replace

import pytest

from db.contract.names import History
from db.contract.url import DatabaseUrl
from db.runner.lock import key
from tests.eventually import eventually
from tests.faults.pooler import SWALLOWS, Pooled
from tests.faults.test_signals import SLEEPING, SLOW, TABLE, completed, terminated
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job, text_of
from tests.job.scripts import FIRST, SECOND, Script, execute
from tests.server.roles import SERVICE, fresh_database

FINISH = ("finish", "--soak", "0", "--wait", "60")
SEEN = execute("CREATE TABLE seen AS SELECT name, setting FROM pg_settings")
LEAK = execute(
    "SET search_path = pg_temp; SET lock_timeout = 0; SET datestyle = 'SQL, DMY'; SET work_mem = '1MB'"
)
ADVISORY = "SELECT FROM pg_locks WHERE locktype = 'advisory'"
IS_LENT = "a connection pooler that lends sessions"


@pytest.fixture
def lent(pooled: Pooled) -> Mapping[str, str]:
    """The environment that leads a Job to the test's database by way of the pooler."""
    return {"DATABASE_URL_FILE": "", "DATABASE_URL": text_of(pooled("session", SWALLOWS))}


def test_a_whole_release_goes_through_a_pooler_of_sessions(
    job: Job, found: Database, release_2: Image, lent: Mapping[str, str], service_url: DatabaseUrl
) -> None:
    """Forth, to the end and back: every step once, with one warning a run."""
    assert service_url.user == SERVICE
    commands = [("upgrade",), FINISH, ("downgrade", "0002")]
    for command in commands:
        ended = job.run(*command, image=release_2, environ=lent, app_role=SERVICE)
        if ended.code == 85:
            accepted = str(ended.outcome["hint"]).split()[-1]
            ended = job.run(*command, "--accept-loss", accepted, image=release_2, environ=lent)
        assert ended.code == 0, ended.text
        assert len([line for line in ended.events("warning") if IS_LENT in line["message"]]) == 1
    assert found.says_applied("0001", "0002")
    assert [revision for revision, _ in found.events("upgrade")] == ["0001", "0002", "0003", "0004"]
    assert [revision for revision, _ in found.events("downgrade")] == ["0004", "0003"]
    assert not found.rows(ADVISORY)


def test_each_setting_of_a_step_is_what_it_is_without_the_pooler(
    job: Job, found: Database, image: Build, lent: Mapping[str, str], server_url: DatabaseUrl
) -> None:
    """Whatever the step before it has set: all of pg_settings, compared with a direct session's."""
    release = image(Script("0001", up=LEAK), Script("0002", "0001", up=SEEN))
    seen = "SELECT * FROM seen ORDER BY name"
    assert job.run("upgrade", image=release, environ=lent, pod_name="same").code == 0
    with fresh_database(server_url) as name:
        direct = Database(found.url.replace(database=name))
        environ = {"DATABASE_URL_FILE": "", "DATABASE_URL": text_of(direct.url)}
        assert job.run("upgrade", image=release, environ=environ, pod_name="same").code == 0
        assert found.rows(seen) == direct.rows(seen)


def test_sigterm_reaches_a_statement_behind_the_pooler(
    job: Job, found: Database, image: Build, lent: Mapping[str, str]
) -> None:
    """The statement is cancelled by the number of the server's process, which the pooler's handshake hides."""
    running = job.start("upgrade", image=image(FIRST, SLOW), environ=lent)
    eventually(lambda: found.is_any_runner(SLEEPING))
    assert terminated(running).outcome["applied"] == ["0001"]
    # Who was not reached in time leaves no last word.
    assert [detail["code"] for _, detail in found.events("outcome")] == [143]
    assert not found.rows(ADVISORY)
    completed(job, found, image(FIRST, SECOND))


@pytest.mark.parametrize("slow", [SLOW, replace(SECOND, up=f"{TABLE}\n    __import__('time').sleep(600)")])
def test_a_run_that_is_killed_behind_the_pooler_leaves_no_lock(
    job: Job, found: Database, image: Build, lent: Mapping[str, str], slow: Script
) -> None:
    """In a statement, or between two of a transaction: the pooler notices, and the next run goes on."""
    running = job.start("upgrade", image=image(FIRST, slow), environ=lent)
    state = SLEEPING if slow is SLOW else "state = 'idle in transaction'"
    eventually(lambda: found.is_any_runner(state))
    running.send(signal.SIGKILL)
    running.process.wait()
    ended = job.run("upgrade", image=image(FIRST, SECOND), environ=lent)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")


def test_a_second_run_behind_the_pooler_waits_for_the_lock(
    job: Job, found: Database, image: Build, lent: Mapping[str, str]
) -> None:
    """The lock stays with the session that it was taken in, whoever else asks by the same way."""
    first = job.start("upgrade", image=image(FIRST, SLOW), environ=lent)
    eventually(lambda: found.is_any_runner(SLEEPING))
    second = job.start("upgrade", image=image(FIRST, SLOW), environ=lent)
    assert "calcio-migrate/0002/pod-0" in second.until("lock.waiting")["holder"]
    terminated(second)
    assert first.process.poll() is None


def test_a_locked_table_is_tried_for_behind_the_pooler(
    job: Job, found: Database, image: Build, lent: Mapping[str, str]
) -> None:
    """The short lock timeout holds there too, and who looks on names who is in the way."""
    assert job.run("upgrade", image=image(FIRST), environ=lent).code == 0
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE"):
        running = job.start("upgrade", image=image(FIRST, SECOND), environ=lent)
        eventually(lambda: any(line["blockers"] for line in running.says("step.retry")))
    ended = running.end()
    assert ended.code == 0, ended.text
    assert "a test that is in the way" in str(ended.events("step.retry"))


def test_a_session_that_ends_behind_the_pooler_is_replaced(
    job: Job, found: Database, image: Build, lent: Mapping[str, str]
) -> None:
    """As without it: the run connects again, reads again, and goes on."""
    once = replace(SECOND, up=f"{TABLE}\n    op.execute('SELECT pg_sleep(2)')")
    running = job.start("upgrade", image=image(FIRST, once), environ=lent)
    eventually(lambda: found.is_any_runner(SLEEPING))
    assert found.terminate_runners()
    ended = running.end()
    assert ended.code == 0, ended.text
    assert ended.events("connection.lost")
    assert found.says_applied("0001", "0002")


def test_what_was_left_in_a_lent_session_does_not_reach_the_run(
    job: Job, found: Database, release_2: Image, pooled: Pooled
) -> None:
    """A pooler that cleans no session hands on roles, locks and settings; the run begins by throwing them away."""
    url = pooled("session", f"{SWALLOWS}\nserver_reset_query =")
    Database(url).execute(f"SELECT pg_advisory_lock({key(History())})", "SET search_path = pg_temp")
    assert found.rows(ADVISORY)
    environ = {"DATABASE_URL_FILE": "", "DATABASE_URL": text_of(url)}
    ended = job.run("upgrade", image=release_2, environ=environ)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")
    assert not found.rows(ADVISORY)
