"""A URL built from any names and any password reaches its database, through every driver."""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import asyncpg
import psycopg2
import pytest
import sqlalchemy as sa
from psycopg2 import sql

from db.contract.url import DatabaseUrl, Host
from db.contract.value import replace
from tests.database.ask import DRIVERS, through_psycopg2
from tests.server.roles import fresh_database, session

Ask = Callable[[DatabaseUrl, str], dict[str, Any]]

WHERE = "SELECT current_user::text AS role, current_database()::text AS database"
REFUSED = (psycopg2.OperationalError, sa.exc.OperationalError, asyncpg.InvalidPasswordError)
NASTY = [
    *"@:/#?%&=+,;$!*~^|<>(){}[]`'\"\\ ",
    "%41",
    "%2F",
    "a+b c",
    " blank around ",
    "tab\tand\nnewline",
    "//u:p@h/d?x=y#z",
    "' OR password='x' --",
    "passé",
    "пароль",
    "🥅",
]

pytestmark = pytest.mark.parametrize("ask", DRIVERS, ids=lambda ask: ask.__name__)


@contextmanager
def role(server: DatabaseUrl, password: str) -> Iterator[str]:
    """A role of its own, whose name is as nasty as a name may be."""
    name = f"rôle @:/#?%+'\" {secrets.token_hex(4)}"
    with session(server) as cursor:
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
        )
    try:
        yield name
    finally:
        with session(server) as cursor:
            cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def built(server: DatabaseUrl, user: str, password: str, database: str) -> DatabaseUrl:
    host, port = server.hosts[0]
    user, password, database, host = (quote(part, safe="") for part in (user, password, database, host))
    return DatabaseUrl.parse(f"postgresql+asyncpg://{user}:{password}@{host}:{port}/{database}")


@pytest.fixture(scope="module")
def password_wanted(server_url: DatabaseUrl) -> None:
    """Skips where the server lets everybody in: no password could be wrong there."""
    try:
        through_psycopg2(server_url.replace(password=secrets.token_hex(4)), WHERE)
    except psycopg2.OperationalError:
        return
    pytest.skip("this server asks for no password")


@pytest.mark.usefixtures("password_wanted")
@pytest.mark.parametrize("nasty", NASTY)
def test_every_driver_logs_in_with_every_password(server_url: DatabaseUrl, ask: Ask, nasty: str) -> None:
    """quote(text, safe='') is all that a password needs, and what is not the password is refused."""
    with role(server_url, nasty) as user:
        url = built(server_url, user, nasty, "postgres")
        assert ask(url, WHERE) == {"role": user, "database": "postgres"}
        with pytest.raises(REFUSED):
            ask(url.replace(password=nasty + "!"), WHERE)


@pytest.mark.usefixtures("password_wanted")
def test_a_blank_that_was_written_as_a_plus_is_a_plus(server_url: DatabaseUrl, ask: Ask) -> None:
    """quote_plus is for forms: no driver takes its plus for a blank, and neither do we."""
    with role(server_url, "a b") as user:
        url = built(server_url, user, "a b", "postgres")
        text = f"postgresql://{quote(user, safe='')}:{quote_plus('a b')}@h/postgres"
        plus = DatabaseUrl.parse(text)
        assert plus.password is not None
        with pytest.raises(REFUSED):
            ask(url.replace(password=plus.password.reveal()), WHERE)


def test_a_database_may_have_any_name(server_url: DatabaseUrl, ask: Ask) -> None:
    """Its name is data too: no slash, quote or question mark in it is read as anything else."""
    name = f"öl @:/#?%+'\" {secrets.token_hex(4)}"
    quoted = sql.Identifier(name)
    with fresh_database(server_url, owner=server_url.user or "") as plain:
        with session(server_url) as cursor:
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(plain), quoted))
        try:
            assert ask(server_url.replace(database=name), WHERE)["database"] == name
        finally:
            with session(server_url) as cursor:
                cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


def test_settings_of_the_url_are_those_of_the_session(server_url: DatabaseUrl, ask: Ask) -> None:
    """Each driver's session has the name, the search_path and the limits that the URL asks for."""
    url = server_url.replace(
        parameters={
            "application_name": "calcio-tests/0007/a b",
            "options": r"-c search_path=a,\ b -c calcio.match=\\x",
            "lock_timeout": "1234ms",
            "connect_timeout": "7",
            "keepalives_idle": "9",
        }
    )
    names = ("application_name", "search_path", "calcio.match", "lock_timeout")
    question = "SELECT " + ", ".join(f"current_setting('{name}') AS \"{name}\"" for name in names)
    assert ask(url, question) == {
        "application_name": "calcio-tests/0007/a b",
        "search_path": "a, b",
        "calcio.match": r"\x",
        "lock_timeout": "1234ms",
    }


@pytest.mark.parametrize(
    "value", ["a b", " a ", "\\", "a\\b c\\", "'a' \"b\"", "a\tb\nc", "a=b", "--a", "é\u00a0🥅"]
)
def test_a_setting_may_hold_any_text(server_url: DatabaseUrl, ask: Ask, value: str) -> None:
    """Blanks, backslashes and quotes reach the server as they are, escaped for libpq and plain for asyncpg."""
    url = replace(server_url, server_settings={"calcio.match": value})
    assert ask(url, "SELECT current_setting('calcio.match') AS text") == {"text": value}


def test_the_second_host_answers_when_the_first_does_not(server_url: DatabaseUrl, ask: Ask) -> None:
    """A list of hosts is a list of tries, in every driver."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        silent = Host("127.0.0.1", nobody.getsockname()[1])
        listed = replace(server_url, hosts=(silent, *server_url.hosts))
        url = listed.replace(parameters={"target_session_attrs": "read-write"})
        assert ask(url, WHERE)["database"] == server_url.database


def test_a_socket_is_a_host(server_url: DatabaseUrl, ask: Ask) -> None:
    """A folder instead of a name: no TCP, in every driver."""
    asked = through_psycopg2(server_url, "SELECT current_setting('unix_socket_directories') AS folders")
    folder, port = asked["folders"].partition(",")[0], server_url.hosts[0].port
    if not Path(folder, f".s.PGSQL.{port}").exists():
        pytest.skip("this server has no socket on this machine")
    hosts = DatabaseUrl.parse(f"postgresql:///postgres?host={folder}&port={port}").hosts
    assert ask(replace(server_url, hosts=hosts), "SELECT inet_client_addr() AS address") == {"address": None}
