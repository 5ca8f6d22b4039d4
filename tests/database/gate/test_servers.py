"""What a gate says while its server restarts, or comes back as a standby."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, SECOND, Ledger
from tests.database.gate.running import SHORT, running_gate, until
from tests.server.embedded import EmbeddedServer, running
from tests.server.roles import SERVICE, make_role

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of this test's own."""
    with running() as server:
        yield server


@pytest.fixture
def service(server: EmbeddedServer) -> DatabaseUrl:
    """The service's role on that server, with a ledger at the head."""
    url = make_role(server.url, SERVICE)
    ledger = Ledger(server.url)
    ledger.create()
    ledger.apply(FIRST, SECOND)
    return url


async def restart(server: EmbeddedServer) -> None:
    configuration = server.socket_folder / "postgresql.conf"
    command: list[str | Path] = [
        server.programs.folder / "pg_ctl", "restart", "--silent", "--mode=fast", f"--pgdata={server.data}",
        f"--log={server.log}", f"--options=--config-file={configuration}",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(*command, cwd="/", **server.account.for_subprocess)
    assert await process.wait() == 0


async def test_a_restart_takes_no_one_out(server: EmbeddedServer, service: DatabaseUrl) -> None:
    """While the server is away every pod that was ready stays ready, and registers anew when it is back."""
    async with running_gate(service, **{**SHORT, "lease_s": 30.0}) as gate:
        await until(lambda: gate.verdict.ready)
        await restart(server)
        assert gate.verdict.ready
        await until(lambda: gate.session is not None)
        [(*_, first)] = Ledger(server.url).readers()
        await until(lambda: Ledger(server.url).readers()[0][2] > first)
        assert gate.verdict.ready


async def test_a_standby_opens_no_gate(server: EmbeddedServer, service: DatabaseUrl) -> None:
    """Where no reader can register nobody becomes ready, and who was stays so for its lease."""
    signal = server.data / "standby.signal"
    signal.touch()
    server.account.give(server.data)
    async with running_gate(service, **{**SHORT, "lease_s": 12.0}) as served_before:
        await until(lambda: served_before.verdict.ready)
        await restart(server)
        async with running_gate(service, **SHORT) as gate:
            await until(lambda: "standby" in gate.verdict.reason)
            assert not gate.verdict.ready
            assert "DATABASE_URL_DIRECT" in gate.verdict.reason
            await until(lambda: not served_before.verdict.ready)
            assert served_before.verdict.reason.startswith("the lease has ended")
            Ledger(server.url).rows("SELECT pg_promote()")
            await until(lambda: gate.verdict.ready and served_before.verdict.ready)
