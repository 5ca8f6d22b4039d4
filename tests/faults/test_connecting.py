"""A database that can't be reached, entered or written: each case has its exit code, before anything is changed."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from db.contract.url import DatabaseUrl
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image, build
from tests.job.process import Ended, Job, text_of
from tests.job.scripts import CONTRACT, FIRST, HISTORY, SECOND, Script, execute
from tests.server.roles import OWNER, SERVICE, session


def given(url: str) -> dict[str, str]:
    return {"DATABASE_URL_FILE": "", "DATABASE_URL": url}


def refused(ended: Ended, code: int, says: str, remedy: str) -> None:
    assert ended.code == code, ended.text
    assert ended.outcome["outcome"] == "refused"
    assert says in ended.outcome["message"]
    assert remedy in ended.outcome["hint"]
    assert ended.stderr == ""


@pytest.mark.parametrize("command", ["upgrade", "finish", "status", "check", "plan"])
def test_without_a_url_there_is_nothing_to_do(job: Job, command: str) -> None:
    """78 names the places where a URL may stand."""
    ended = job.run(command, environ={"DATABASE_URL_FILE": ""})
    refused(ended, 78, "DATABASE_URL", "")


def test_a_wrong_password_is_told_without_it(job: Job) -> None:
    """77, after one more try for a Secret that is being rotated."""
    wrong = "not-the-password"
    url = job.url.replace(password=wrong)
    ended = job.run("upgrade", environ=given(text_of(url)))
    refused(ended, 77, "did not accept the user name and password", "Compare the Secret")
    assert wrong not in ended.text
    assert len(ended.events("waiting")) == 1


def test_an_unknown_user_is_told(job: Job) -> None:
    """77 for a role that is not there: PostgreSQL does not say which of both was wrong, and neither do we."""
    refused(job.run("upgrade", environ=given(text_of(job.url.replace(user="nobody")))), 77, "user", "")


def test_a_missing_database_is_told(job: Job) -> None:
    """78: it is never made by a Job."""
    url = job.url.replace(database="calcio_that_is_not_there")
    refused(job.run("upgrade", environ=given(text_of(url))), 78, "no database of that name", "Create it")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_refused_connection_is_tried_until_the_deadline(job: Job, closed_port: int) -> None:
    """69 after CALCIO_CONNECT_DEADLINE_S, with every try in the log."""
    url = f"postgresql://calcio:secret@127.0.0.1:{closed_port}/calcio"
    ended = job.run("upgrade", environ=given(url), connect_deadline_s=1)
    refused(ended, 69, f"did not answer at 127.0.0.1:{closed_port}/calcio", "CALCIO_CONNECT_DEADLINE_S")
    assert ended.events("waiting")
    assert "secret" not in ended.text


def test_a_name_that_does_not_resolve_is_unreachable(job: Job) -> None:
    """69: a Service may come a little later than the Job."""
    url = "postgresql://calcio:secret@database.invalid/calcio"
    refused(job.run("upgrade", environ=given(url), connect_deadline_s=1), 69, "database.invalid", "resolve")


def test_a_server_without_a_free_slot_is_tried_until_the_deadline(
    job: Job, found: Database, server_url: DatabaseUrl
) -> None:
    """75: somebody will leave."""
    with session(server_url) as superuser:
        superuser.execute(f"ALTER DATABASE {found.url.database} CONNECTION LIMIT 0")
    ended = job.run("upgrade", connect_deadline_s=1)
    refused(ended, 75, "no connection slot left", "max_connections")


def test_a_server_that_starts_later_is_waited_for(job: Job, found: Database, server_url: DatabaseUrl) -> None:
    """Where connections are possible before the deadline, the run goes on as if nothing had been."""
    with session(server_url) as superuser:
        superuser.execute(f"ALTER DATABASE {found.url.database} CONNECTION LIMIT 0")
        running = job.start("upgrade", connect_deadline_s=60)
        running.until("waiting")
        superuser.execute(f"ALTER DATABASE {found.url.database} CONNECTION LIMIT -1")
    assert running.end().code == 0


@pytest.mark.parametrize("whose", ["role", "database"])
def test_a_database_that_is_read_only_by_default_is_left_so(
    job: Job, found: Database, server_url: DatabaseUrl, whose: str
) -> None:
    """83: somebody wanted it so, and the Job does not switch it off."""
    subject = (
        f"ROLE {OWNER} IN DATABASE {found.url.database}"
        if whose == "role"
        else f"DATABASE {found.url.database}"
    )
    with session(server_url) as superuser:
        superuser.execute(f"ALTER {subject} SET default_transaction_read_only = on")
    refused(job.run("upgrade"), 83, "read-only by default", "let the role write")
    assert found.schema == []


def test_a_role_that_may_create_nothing_is_told_the_grant(
    job: Job, found: Database, service_url: DatabaseUrl
) -> None:
    """77 names schema and statement; nothing is made."""
    ended = job.run("upgrade", environ=given(text_of(service_url)))
    refused(ended, 77, "may not create tables in the schema public", "GRANT CREATE ON SCHEMA public")
    assert found.schema == []


def test_a_role_that_may_not_write_the_version_is_told_the_grant(
    job: Job, found: Database, image: Build, service_url: DatabaseUrl
) -> None:
    """77 names the table that someone else owns."""
    job.run("upgrade", image=image(FIRST), app_role=SERVICE)
    ended = job.run("upgrade", image=image(FIRST, SECOND), environ=given(text_of(service_url)))
    refused(ended, 77, "alembic_version", "GRANT")
    assert found.says_applied("0001")


def test_a_service_role_that_is_not_there_is_told(job: Job, found: Database, release_1: Image) -> None:
    """78: what is granted to nobody would be missed at the rollout."""
    ended = job.run("upgrade", image=release_1, app_role="nobody_of_that_name")
    refused(ended, 78, "no role nobody_of_that_name", "Create the service's role")
    assert found.schema == []


def test_a_schema_that_is_not_there_is_told(job: Job, found: Database, release_1: Image) -> None:
    """78: tables must not land in another schema."""
    refused(job.run("upgrade", image=release_1, schema="nowhere"), 78, "no schema nowhere", "CALCIO_SCHEMA")
    assert found.schema == []


def test_another_schema_holds_everything(job: Job, found: Database, release_2: Image) -> None:
    """CALCIO_SCHEMA takes tables, version and ledger, whatever the role's own search_path says."""
    found.execute("CREATE SCHEMA futsal", f"CREATE SCHEMA {OWNER}")
    assert job.run("upgrade", image=release_2, schema="futsal").code == 0
    assert job.run("finish", "--soak", "0", image=release_2, schema="futsal").code == 0
    tables = found.rows(
        "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace::regnamespace::text !~ '^(pg_|information)' ORDER BY 1, 2"
    )
    assert {schema for schema, _ in tables} == {"futsal"}
    assert {"player", "alembic_version", "ledger_revision"} <= {name for _, name in tables}


BAD_SCRIPTS = {
    "a changed script": lambda image: image.script("0002").write_text(SECOND.text.replace("int", "text")),
    "a script that is not there": lambda image: image.script("0002").unlink(),
    "a script that nobody locked": lambda image: image.script("0005").write_text(FIRST.text),
    "no lockfile": lambda image: image.lockfile.unlink(),
    "half a lockfile": lambda image: image.lockfile.write_text(image.lockfile.read_text()[:-30]),
    "a lockfile of nothing": lambda image: image.lockfile.write_text(
        image.lockfile.read_text().partition("\n")[0] + "\n"
    ),
}


BAD_HISTORIES = {
    "two heads": (FIRST, SECOND, replace(SECOND, id="0002b")),
    "a contract that breaks nothing": (FIRST, replace(CONTRACT, id="0002", below="0001", breaks=())),
    "a clause above itself": (
        FIRST,
        replace(SECOND, breaks=(("0001", "0003"),)),
        replace(SECOND, id="0003", below="0002"),
    ),
    "an id that version_num can't hold": (replace(FIRST, id="x" * 33),),
}


@pytest.mark.parametrize("name", BAD_HISTORIES)
def test_a_history_that_breaks_a_rule_is_met_before_connecting(job: Job, image: Build, name: str) -> None:
    """65 without a connection, with every breach: see tests/unit/test_rules.py."""
    ended = job.run("upgrade", image=image(*BAD_HISTORIES[name]), environ={"DATABASE_URL_FILE": ""})
    refused(ended, 65, "not a history that can be applied", "scripts/lock")


def test_two_heads_are_taken_where_they_are_meant(job: Job, found: Database, image: Build) -> None:
    """`upgrade heads` applies branches that stand side by side by design."""
    league = Script("0002b", "0001", up=execute("CREATE TABLE league (id int)"))
    ended = job.run("upgrade", "heads", image=image(FIRST, SECOND, league))
    assert ended.code == 0, ended.text
    assert found.heads == found.ledger_heads == {"0002", "0002b"}


def test_two_rows_of_the_version_are_led_to_the_merge(job: Job, found: Database, image: Build) -> None:
    """Where branches were applied side by side, the release that merges them finds both, and leaves one head."""
    branches = (FIRST, SECOND, Script("0002b", "0001", up=execute("CREATE TABLE league (id int)")))
    assert job.run("upgrade", "heads", image=image(*branches)).code == 0
    assert found.heads == {"0002", "0002b"}
    ended = job.run("upgrade", image=image(*branches, Script("0003", ("0002", "0002b"), phase="barrier")))
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002", "0002b", "0003")


@pytest.mark.parametrize("name", BAD_SCRIPTS)
def test_bad_scripts_are_met_before_connecting(
    job: Job, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """65 without a connection: the image is wrong, whatever the database holds."""
    image = build(tmp_path_factory.mktemp("image"), *HISTORY)
    BAD_SCRIPTS[name](image)
    ended = job.run("upgrade", image=image, environ={"DATABASE_URL_FILE": ""})
    refused(ended, 65, "", "scripts/lock")
    assert ended.outcome["found"] == []


def test_a_setting_that_means_nothing_is_told(job: Job) -> None:
    """78 names every wrong setting at once, before connecting."""
    ended = job.run("upgrade", environ={"CALCIO_LEASE_S": "soon", "CALCIO_LOCK_BUDGET_S": "-1"})
    refused(ended, 78, "CALCIO_LEASE_S", "settings explains each")
    assert "CALCIO_LOCK_BUDGET_S" in ended.outcome["message"]


@pytest.mark.parametrize("arguments", [[], ["upgrde"], ["upgrade", "--now"], ["finish", "--wait", "soon"]])
def test_a_wrong_command_line_is_64(job: Job, arguments: list[str]) -> None:
    """argparse's own 2 would mean that something is pending."""
    ended = job.run(*arguments)
    assert ended.code == 64
    assert "usage" in ended.stderr
