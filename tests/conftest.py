"""Gives each test that asks for one a fresh database on a real PostgreSQL server."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from db.contract.refusal import Refusal
from db.contract.url import DatabaseUrl
from tests.server.programs import one_of_each_major
from tests.server.roles import OWNER, SERVICE, fresh_database, make_role
from tests.server.source import Server, server

RESOURCES = pytest.StashKey[ExitStack]()
SERVER = pytest.StashKey[Server]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-url",
        metavar="URL",
        help="a server of the tests' own, as its superuser (default: one in a container, or an embedded one)",
    )
    parser.addoption(
        "--exhaustive", action="store_true", help="try all of what is otherwise sampled: for hours"
    )
    parser.addoption(
        "--seed", type=int, default=secrets.randbelow(10**6), help="of the samples (default: any)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESOURCES] = ExitStack()
    # libpq obeys these silently: a developer's own must not change what a test means.
    for name in [name for name in os.environ if name.startswith("PG") and name != "PG_BINDIR"]:
        del os.environ[name]


def pytest_report_header(config: pytest.Config) -> str:
    """Say how to take the same samples again."""
    return f"samples: --seed {config.getoption('seed')}"


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[RESOURCES].close()


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say which servers the tests run on; only runs that need one start one."""
    if config.option.collectonly:
        return []
    asked_for = {name for item in items for name in getattr(item, "fixturenames", ())}
    lines = []
    if "server_url" in asked_for:
        try:
            lines.append(str(running_server(config)))
        except Refusal as refusal:
            lines.append(f"no PostgreSQL server: {refusal}")
    if "each_server" in asked_for:
        lines.append(f"the core on {', '.join(map(str, one_of_each_major()))}")
    return lines


def running_server(config: pytest.Config) -> Server:
    if SERVER not in config.stash:
        named = config.getoption("--database-url")
        config.stash[SERVER] = config.stash[RESOURCES].enter_context(server(named))
    return config.stash[SERVER]


@pytest.fixture(scope="session")
def server_url(pytestconfig: pytest.Config) -> DatabaseUrl:
    """The server, as its superuser, in the database `postgres`."""
    return running_server(pytestconfig).url


@pytest.fixture(scope="session")
def owner_url(server_url: DatabaseUrl) -> DatabaseUrl:
    """The server as the role that owns each test's database."""
    return make_role(server_url, OWNER)


@pytest.fixture(scope="session")
def unprivileged_url(server_url: DatabaseUrl) -> DatabaseUrl:
    """The server as the service's role, which has no privileges of its own."""
    return make_role(server_url, SERVICE)


@pytest.fixture
def database_url(server_url: DatabaseUrl, owner_url: DatabaseUrl) -> Iterator[DatabaseUrl]:
    """A fresh, empty database, as its owner; dropped after the test, whoever is still connected."""
    with fresh_database(server_url) as name:
        yield owner_url.replace(database=name)


@pytest.fixture
def service_url(database_url: DatabaseUrl, unprivileged_url: DatabaseUrl) -> DatabaseUrl:
    """The same database as `database_url`, as the service's role."""
    return unprivileged_url.replace(database=database_url.database)
