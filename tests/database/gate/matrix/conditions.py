"""What may happen to a database server, done to a real one."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger
from tests.database.gate.matrix.cases import CASES
from tests.database.gate.proxy import Proxy
from tests.eventually import eventually
from tests.faults.servers import standby_of
from tests.server.embedded import EmbeddedServer

SLOW_S = 0.05  # each way, and again for each message


class Condition(StrEnum):
    """The state of the database, as far as a pod can tell."""

    UP = "up"
    SLOW = "slow"
    HUNG = "hung"
    GONE = "gone"
    RESTARTED = "restarted"
    FAILED_OVER = "failed_over"
    LOCKED = "alembic_version_locked"
    EXHAUSTED = "pool_exhausted"


# Why a pod that starts meanwhile has no answer; under any other condition it gets one.
UNANSWERED = {
    Condition.HUNG: "the database did not answer in time",
    Condition.GONE: "the database was not reached",
    Condition.RESTARTED: "the database was not reached",
    Condition.FAILED_OVER: "the database was not reached",
    Condition.LOCKED: "the database did not answer in time: is alembic_version locked?",
}


async def pg_ctl(server: EmbeddedServer, data: Path, *words: str) -> None:
    command = [str(server.programs.folder / "pg_ctl"), *words, "--silent", "--wait", f"--pgdata={data}"]
    process = await asyncio.create_subprocess_exec(*command, cwd="/", **server.account.for_subprocess)
    assert await process.wait() == 0


async def start(server: EmbeddedServer) -> None:
    configuration = server.socket_folder / "postgresql.conf"
    options = [f"--log={server.log}", f"--options=--config-file={configuration}"]
    await pg_ctl(server, server.data, "start", *options)


@asynccontextmanager
async def slow(proxy: Proxy) -> AsyncIterator[None]:
    """Every message takes its time."""
    proxy.delay_s = SLOW_S
    try:
        yield
    finally:
        proxy.delay_s = 0.0


@asynccontextmanager
async def hung(server: EmbeddedServer) -> AsyncIterator[None]:
    """The kernel still takes connections and bytes; no process of the server looks at them."""
    postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
    stopped = []
    try:
        for process in processes(postmaster):
            os.kill(process, signal.SIGSTOP)
            stopped.append(process)
        yield
    finally:
        for process in reversed(stopped):
            os.kill(process, signal.SIGCONT)


def processes(postmaster: int) -> Iterator[int]:
    """The server's processes; its children are read once it makes no more of them."""
    yield postmaster
    yield from map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())


@asynccontextmanager
async def away(server: EmbeddedServer, mode: str) -> AsyncIterator[None]:
    """Nobody listens, from a stop in this mode until it is started again."""
    await pg_ctl(server, server.data, "stop", f"--mode={mode}")
    try:
        yield
    finally:
        await start(server)


@asynccontextmanager
async def replicated(server: EmbeddedServer) -> AsyncIterator[DatabaseUrl]:
    """A standby that has all that the server has."""
    with ExitStack() as stack:
        url = await asyncio.to_thread(stack.enter_context, standby_of(server))
        yield url
        await asyncio.to_thread(stack.pop_all().close)


@asynccontextmanager
async def failing_over(server: EmbeddedServer, standby: DatabaseUrl) -> AsyncIterator[None]:
    """The primary crashes; when the block ends, its standby is promoted, and the primary stays away."""
    await asyncio.to_thread(caught_up, server.url, standby)
    await pg_ctl(server, server.data, "stop", "--mode=immediate")
    yield
    assert Ledger(standby).rows("SELECT pg_promote()") == [(True,)]


def caught_up(primary: DatabaseUrl, standby: DatabaseUrl) -> None:
    """Return when the standby has replayed what the primary has written so far."""
    [(written,)] = Ledger(primary).rows("SELECT pg_current_wal_lsn()")
    eventually(
        lambda: Ledger(standby).rows("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written) == [(True,)]
    )


@asynccontextmanager
async def locked(server: EmbeddedServer) -> AsyncIterator[None]:
    """Somebody holds the strongest lock on each version table, as a careless migration would."""

    def lock(stack: ExitStack) -> None:
        for name in CASES:
            cursor = stack.enter_context(Ledger(server.url.replace(database=name)).transaction())
            cursor.execute("LOCK TABLE alembic_version")

    with ExitStack() as stack:
        await asyncio.to_thread(lock, stack)
        yield
