"""Servers for the matrix, and each condition played to all standings once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from db.contract.value import replace
from tests.database.gate.matrix.cases import make_databases
from tests.database.gate.matrix.conditions import Condition, replicated, start
from tests.database.gate.matrix.story import Stage, Story, play
from tests.database.gate.proxy import proxied
from tests.server.embedded import VOLATILE, EmbeddedServer, running
from tests.server.roles import SERVICE, make_role, session

CONNECTIONS = "300"
Prepared = tuple[EmbeddedServer, DatabaseUrl]


@pytest.fixture(scope="package")
def prepared() -> Iterator[Prepared]:
    """A server that may be harmed, with a database for each standing; and its URL as the service's role."""
    with running(settings={**VOLATILE, "max_connections": CONNECTIONS}) as server:
        with session(server.url) as superuser:
            # For its standby, which takes only the settings that lie with the data.
            superuser.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        url = make_role(server.url, SERVICE)
        make_databases(server.url)
        yield server, url


@pytest.fixture(scope="package")
def story(
    request: pytest.FixtureRequest, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Story:
    """What came of the condition that the test is parametrised with."""
    condition: Condition = request.param
    return asyncio.run(staged(prepared, condition, tmp_path_factory.mktemp(condition)))


async def staged(prepared: Prepared, condition: Condition, folder: Path) -> Story:
    async with stage(prepared, condition) as where:
        return await play(where, condition, folder)


@asynccontextmanager
async def stage(prepared: Prepared, condition: Condition) -> AsyncIterator[Stage]:
    server, url = prepared
    async with proxied(url) as (through, proxy):
        if condition is Condition.SLOW:
            yield Stage(server, through, proxy)
        elif condition is Condition.FAILED_OVER:
            async with replicated(server) as standby:
                hosts = (*url.hosts, *standby.hosts)
                both = replace(url, hosts=hosts).replace(parameters={"target_session_attrs": "primary"})
                try:
                    yield Stage(server, both, proxy, standby)
                finally:
                    await start(server)
        else:
            yield Stage(server, url, proxy)
