"""`python -m bench.locks`: what readers feel of an ALTER TABLE that has to wait for a long one of them.

200 requests a second read a table by its key, 20 at once, a second each at most; one transaction has read it and stays
open for a while. Measured from when a request was due, so that a stall counts for all that come during it.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from bench.history import History
from db.contract.url import DatabaseUrl
from scripts.tour.place import Place, choose_ports, settled

REQUESTS_A_SECOND = 200
POOL = 20
DEADLINE_S = 1.0
STALL_S = 0.1
BEFORE_S, LONG_S, AFTER_S = 1.0, 10.0, 1.0
TABLE = (
    "CREATE TABLE read AS SELECT n AS id, 'row ' || n AS name FROM generate_series(1, 10000) AS n",
    "ALTER TABLE read ADD PRIMARY KEY (id)",
)
ALTER = ("ALTER TABLE read ADD COLUMN added int",)


@dataclass
class Felt:
    """What the readers felt of it."""

    latencies_s: list[float] = field(default_factory=list)
    failed: int = 0
    applied_after_s: float | None = None  # the long reader's end

    def line(self, name: str) -> str:
        ordered = sorted(self.latencies_s)
        p99_ms, most_ms = (1000 * ordered[int(len(ordered) * part) - 1] for part in (0.99, 1))
        asked = len(ordered) + self.failed
        stalled = sum(latency > STALL_S for latency in ordered)
        applied = "" if self.applied_after_s is None else f"{self.applied_after_s:.1f} s"
        return f"{name:24} {asked:9} {self.failed / asked:8.1%} {stalled:9} {p99_ms:8.0f} {most_ms:8.0f} {applied:>9}"


class Readers:
    """Requests that come when they come, whether or not the ones before are answered."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.felt = Felt()
        self._pool = pool

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as requests:
            asking = requests.create_task(self._ask(requests, stop))
            yield
            stop.set()
            await asking

    async def _ask(self, requests: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        due = time.perf_counter()
        while not stop.is_set():
            due += 1 / REQUESTS_A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            requests.create_task(self._read(due))

    async def _read(self, due: float) -> None:
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._pool.fetchval("SELECT name FROM read WHERE id = 4711")
        except TimeoutError:
            self.felt.failed += 1
        else:
            self.felt.latencies_s.append(time.perf_counter() - due)


@asynccontextmanager
async def long_reader(url: DatabaseUrl) -> AsyncIterator[asyncio.Task[float]]:
    """A transaction that has read the table; the task's result is when it ended."""
    connection = await asyncpg.connect(**url.for_asyncpg())
    transaction = connection.transaction()
    await transaction.start()
    await connection.fetchval("SELECT count(*) FROM read")

    async def end() -> float:
        await asyncio.sleep(LONG_S)
        await transaction.commit()
        return time.perf_counter()

    try:
        yield asyncio.create_task(end())
    finally:
        await connection.close()


async def measure(url: DatabaseUrl, command: Sequence[str], environ: Mapping[str, str]) -> Felt:
    """The readers of a fresh database while `command` moves it; while nobody does, where there is none."""
    async with asyncpg.create_pool(**url.for_asyncpg(), min_size=POOL, max_size=POOL) as pool:
        readers = Readers(pool)
        async with readers.reading():
            await asyncio.sleep(BEFORE_S)
            async with long_reader(url) as ending:
                applied_at = await ended(command, environ) if command else None
                ended_at = await ending
            await asyncio.sleep(AFTER_S)
        if applied_at:
            readers.felt.applied_after_s = applied_at - ended_at
        return readers.felt


async def ended(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """When the command ended."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said.decode()}")
    return time.perf_counter()


def on_a_fresh_database(place: Place, history: History, command: Sequence[str]) -> Felt:
    with history.database(place) as (url, environ):
        asyncio.run(ended(history.alembic("0001"), environ))
        return asyncio.run(measure(url, command, environ))


def main() -> None:
    with tempfile.TemporaryDirectory() as name, settled(choose_ports(0).postgres) as place:
        history = History(Path(name) / "migrations", TABLE, ALTER)
        commands: dict[str, Sequence[str]] = {
            "nobody migrates": (),
            "python -m db upgrade": history.job,
            "alembic upgrade head": history.alembic(),
        }
        print(
            f"{'':24} {'requests':>9} {'failed':>8} {'> 100 ms':>9} {'p99, ms':>8} {'most, ms':>8} {'applied':>9}"
        )
        for name, command in commands.items():
            print(on_a_fresh_database(place, history, command).line(name), flush=True)


if __name__ == "__main__":
    main()
