"""Starts one server of each version, whichever `--database-url` names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.job.database import Database
from tests.job.fixtures import image, release_1, release_2, told_nobody
from tests.job.process import Job
from tests.server.embedded import EmbeddedServer, running
from tests.server.programs import Programs, one_of_each_major
from tests.server.roles import OWNER, SERVICE, fresh_database, make_role

__all__ = ["image", "release_1", "release_2"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", params=one_of_each_major(), ids=lambda programs: f"{programs.version}")
def each_server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    programs: Programs = request.param
    with running(programs=programs) as server:
        yield server


@pytest.fixture
def found(each_server: EmbeddedServer) -> Iterator[Database]:
    """A fresh database on each server, as its owner."""
    owner = make_role(each_server.url, OWNER)
    with fresh_database(each_server.url) as name:
        yield Database(owner.replace(database=name))


@pytest.fixture
def service(each_server: EmbeddedServer, found: Database) -> DatabaseUrl:
    """The same database, as the service's role."""
    return make_role(each_server.url, SERVICE).replace(database=found.url.database)


@pytest.fixture
def job(found: Database, tmp_path: Path) -> Iterator[Job]:
    with told_nobody(Job(found.url, tmp_path), found) as job:
        yield job
