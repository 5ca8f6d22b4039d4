"""`python -m bench.verdict`: how long after the Job's commit each of many readers has its verdict.

Every reader is a gate with a connection of its own that listens, as in a pod; none is due for a heartbeat meanwhile.
All of them, and the server, share this machine; in a cluster each reader has a processor. Hence the processor time.
"""

import asyncio
import logging
import multiprocessing
import os
import time
from contextlib import AsyncExitStack
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, SECOND, Ledger
from tests.database.gate.running import running_gate
from tests.server.embedded import VOLATILE, EmbeddedServer, running
from tests.server.roles import SERVICE, fresh_database, make_role

PROCESSES = 4
ROUNDS = 10
SETTLED_S = 2.0
READERS = (1, 20, 200)


class Stamps(logging.Handler):
    """Notes when a verdict changes, and to what: the gate logs it in the same breath."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, bool]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if hasattr(record, "standing"):
            self.seen.append((time.monotonic(), record.ready))  # type: ignore[attr-defined]  # an extra of that record


def read(url: DatabaseUrl, count: int, parent: Connection) -> None:
    """Be `count` readers until told to stop; say when each verdict came."""
    stamps = Stamps()
    logging.getLogger("service.gate.gate").addHandler(stamps)
    logging.getLogger("service.gate.gate").setLevel(logging.INFO)
    asyncio.run(_read(url, count, parent))
    parent.send(stamps.seen)


async def _read(url: DatabaseUrl, count: int, parent: Connection) -> None:
    async with AsyncExitStack() as stack:
        for number in range(count):
            gate = await stack.enter_async_context(running_gate(url, pod_name=f"reader-{number}"))
            while not gate.verdict.ready:  # noqa: ASYNC110 - what changes is a database
                await asyncio.sleep(0.01)
        begun = time.process_time()
        parent.send(None)
        await asyncio.to_thread(parent.recv)
        parent.send(time.process_time() - begun)


def server_time(server: EmbeddedServer) -> float:
    """Seconds of processor that the server's processes have had, as far as they live."""
    postmaster = (server.data / "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    stats = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in children]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def commits(ledger: Ledger) -> list[tuple[float, bool]]:
    """Take the newest revision away and bring it back; when each COMMIT was sent, and whether it opens gates."""
    sent = []
    for _ in range(ROUNDS):
        for opens in (False, True):
            with ledger.transaction() as cursor:
                if opens:
                    ledger.write(cursor, SECOND)
                else:
                    cursor.execute("DELETE FROM ledger_revision WHERE revision = '0002'")
                ledger.move(cursor, ("0002" if opens else "0001",))
                sent.append((time.monotonic(), opens))
            time.sleep(SETTLED_S)
    return sent


def delays(sent: list[tuple[float, bool]], seen: list[tuple[float, bool]], *, opens: bool) -> list[float]:
    """Milliseconds from each such COMMIT to each verdict that it caused."""
    begun = [at for at, opening in sent if opening is opens]
    return [
        1000 * (at - start)
        for start in begun
        for at, ready in seen
        if ready is opens and 0 <= at - start < SETTLED_S
    ]


def measure(server: EmbeddedServer, url: DatabaseUrl, ledger: Ledger, readers: int) -> None:
    context = multiprocessing.get_context("fork")  # which hands the password over in memory
    each = max(1, readers // PROCESSES)
    pipes = [context.Pipe() for _ in range(readers // each)]
    children = [context.Process(target=partial(read, url, each, theirs)) for _, theirs in pipes]
    for child in children:
        child.start()
    for ours, _ in pipes:
        ours.recv()
    begun = server_time(server)
    sent = commits(ledger)
    served = server_time(server) - begun
    for ours, _ in pipes:
        ours.send(None)
    own = sum(ours.recv() for ours, _ in pipes)
    seen = [stamp for ours, _ in pipes for stamp in ours.recv()]
    for child in children:
        child.join()
    for opens, verdict in ((False, "shut"), (True, "open")):
        found = delays(sent, seen, opens=opens)
        cut = quantiles(found, n=100)
        missing = ROUNDS * readers - len(found)
        print(
            f"{readers:4} readers  {verdict}  p50 {cut[49]:6.1f} ms  p99 {cut[98]:6.1f} ms  late or never {missing}"
        )

    for whose, seconds in (("reader", own), ("server", served)):
        print(
            f"{readers:4} readers  {1000 * seconds / len(sent) / readers:.2f} ms of the {whose}'s processor each"
        )


def main() -> None:
    with running(settings={**VOLATILE, "max_connections": "300"}) as server:
        role = make_role(server.url, SERVICE)
        for readers in READERS:
            with fresh_database(server.url, "postgres") as name:
                ledger = Ledger(server.url.replace(database=name))
                ledger.create()
                ledger.apply(FIRST, SECOND)
                measure(server, role.replace(database=name), ledger, readers)


if __name__ == "__main__":
    main()
