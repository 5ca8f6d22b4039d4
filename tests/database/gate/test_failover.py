"""A primary that is lost with its last commits: neither gate nor fence believes what the standby did not hear of."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from db.contract import lockfile
from db.contract.url import DatabaseUrl
from service import deadline
from service.gate.trouble import UnfitSchemaError
from tests.database.gate.proxy import proxied
from tests.database.gate.running import running_with_pool, until, until_readyz
from tests.eventually import eventually
from tests.faults.servers import standby_of
from tests.job.database import Database
from tests.job.fixtures import Build, image, told_nobody
from tests.job.process import Job
from tests.job.scripts import FIRST, HISTORY
from tests.server.embedded import VOLATILE, running
from tests.server.roles import SERVICE, make_role

pytestmark = pytest.mark.anyio
__all__ = ["image"]

LEASE: dict[str, Any] = {"heartbeat_s": 0.3, "lease_s": 30.0, "margin_s": 0.5, "pod_name": "pod"}


@dataclass(frozen=True)
class Pair:
    """A primary that dies, and the standby that takes over."""

    primary: Database
    standby: Database
    service: DatabaseUrl  # the primary, as the service's role

    def stop_streaming(self) -> None:
        """From here on the standby hears of nothing."""
        self.standby.execute("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        eventually(lambda: not self.standby.rows("SELECT FROM pg_stat_wal_receiver"))

    def hears_of(self, revision: str) -> bool:
        if not self.standby.value("SELECT to_regclass('ledger_revision')::text"):
            return False
        return revision in self.standby.states

    def promote(self) -> None:
        self.standby.execute("SELECT pg_promote()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with running(settings={**VOLATILE, "fsync": "on"}) as server, standby_of(server) as standby:
        yield Pair(Database(server.url), Database(standby), make_role(server.url, SERVICE))


@contextmanager
def jobs(found: Database, folder: Path) -> Iterator[Job]:
    folder.mkdir()
    with told_nobody(Job(found.url, folder), found) as job:
        yield job


async def test_a_lost_registration_is_waited_for(pair: Pair, image: Build, tmp_path: Path) -> None:
    """T8: the new primary has never heard of a pod that serves; the fence holds until it has registered again."""
    old, new = image(*HISTORY[:1]), image(*HISTORY)
    with jobs(pair.primary, tmp_path / "primary") as job:
        assert job.run("upgrade", image=new, app_role=SERVICE).code == 0
    eventually(lambda: pair.hears_of("0002"))
    pair.stop_streaming()
    async with (
        proxied(pair.service) as (url, proxy),
        running_with_pool(url, image=lockfile.read(old.lockfile), **LEASE) as (client, _),
    ):
        await until_readyz(client, 200)
        assert pair.standby.value("SELECT count(*) FROM ledger_reader") == 0
        pair.promote()
        with jobs(pair.standby, tmp_path / "standby") as job:
            finish = job.start("finish", "--soak", "0", "--wait", "15", image=new, lease_s=LEASE["lease_s"])
            assert "register again" in (await asyncio.to_thread(finish.until, "fence.held"))["message"]
            proxy.lead_to(pair.standby.url.hosts[0])
            await until(lambda: pair.standby.value("SELECT count(*) FROM ledger_reader") == 1)
            ended = await asyncio.to_thread(finish.end)
            assert ended.code == 80, ended.text
            assert "pod of release" in ended.outcome["message"]
            assert (await client.get("http://pod:9090/readyz")).status_code == 200
    assert "0004" not in pair.standby.states


async def test_a_lost_revision_shuts_the_gate_until_it_is_applied_again(
    pair: Pair, image: Build, tmp_path: Path
) -> None:
    """T9: the first thing a new session asks is the schema; the Job of the release is what brings it back."""
    old, new = image(FIRST), image(*HISTORY[:2])
    with jobs(pair.primary, tmp_path / "primary") as job:
        assert job.run("upgrade", image=old, app_role=SERVICE).code == 0
        eventually(lambda: pair.hears_of("0001"))
        pair.stop_streaming()
        assert job.run("upgrade", image=new, app_role=SERVICE).code == 0
    async with (
        proxied(pair.service) as (url, proxy),
        running_with_pool(url, image=lockfile.read(new.lockfile), **LEASE) as (client, pool),
    ):
        await until_readyz(client, 200)
        pair.promote()
        proxy.lead_to(pair.standby.url.hosts[0])
        with deadline.within(20), pytest.raises(UnfitSchemaError, match="0002 to come"):
            await pool.take()
        assert "[-]schema behind" in await until_readyz(client, 503)
        with jobs(pair.standby, tmp_path / "standby") as job:
            ended = await asyncio.to_thread(job.run, "upgrade", image=new, app_role=SERVICE)
            assert ended.code == 0, ended.text
        await until_readyz(client, 200)
