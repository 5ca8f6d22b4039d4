"""`python -m bench.verdict`: how long after the Job's commit each of many readers has its verdict.

Every reader is a gate with a connection of its own that listens, in uvloop, as in a pod; none is due for a heartbeat
meanwhile. In a release one of them waits for the Job, since the Deployment surges by one pod, and the others serve on:
to them the schema is ahead from then on. Beside it, what no rolling update does: all are shut at once, and all open.
All of them, and the server, share this machine; in a cluster each reader has a processor. Hence the processor time.
"""

import asyncio
import gc
import logging
import multiprocessing
import time
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles

import uvloop

from db.contract.lineage import Lineage
from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, IMAGE, OLD, SECOND, Ledger
from tests.database.gate.running import running_gate
from tests.server.embedded import VOLATILE, EmbeddedServer, running
from tests.server.roles import SERVICE, fresh_database, make_role

PROCESSES = 4
ROUNDS = 10
SETTLED_S = 2.0
READERS = (1, 20, 200)


class Stamps(logging.Handler):
    """Notes when a verdict changes: the gate logs it in the same breath."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        if hasattr(record, "standing"):
            self.seen.append(time.monotonic())


def read(url: DatabaseUrl, images: Sequence[Lineage], parent: Connection) -> None:
    """Be a reader of each image until told to stop; say when each verdict came."""
    stamps = Stamps()
    logging.getLogger("service.gate.gate").addHandler(stamps)
    logging.getLogger("service.gate.gate").setLevel(logging.INFO)
    gc.freeze()  # as a pod does: else what the tests import is looked through, in each process after as many commits
    uvloop.run(_read(url, images, parent))
    parent.send(stamps.seen)


async def _read(url: DatabaseUrl, images: Sequence[Lineage], parent: Connection) -> None:
    async with AsyncExitStack() as stack:
        for number, image in enumerate(images):
            gate = await stack.enter_async_context(running_gate(url, image, pod_name=f"reader-{number}"))
            await gate.decided.wait()
        begun = time.process_time()
        parent.send(None)
        await asyncio.to_thread(parent.recv)
        parent.send(time.process_time() - begun)


def server_time(server: EmbeddedServer) -> float:
    """Seconds of processor that the server's processes have had, as far as they live."""
    postmaster = (server.data / "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    # What /proc/PID/stat counts in hundredths of a second misses what is over sooner.
    stats = [Path(f"/proc/{process}/schedstat").read_text().split() for process in children]
    return sum(int(on_processor_ns) for on_processor_ns, *_ in stats) / 1e9


def commits(ledger: Ledger) -> list[tuple[float, bool]]:
    """Bring the newest revision, and take it away again; when each COMMIT was sent, and whether it brings it."""
    sent = []
    for _ in range(ROUNDS):
        for brings in (True, False):
            with ledger.transaction() as cursor:
                if brings:
                    ledger.write(cursor, SECOND)
                else:
                    cursor.execute("DELETE FROM ledger_revision WHERE revision = '0002'")
                ledger.move(cursor, ("0002" if brings else "0001",))
                sent.append((time.monotonic(), brings))
            time.sleep(SETTLED_S)
    return sent


def delays(sent: Sequence[tuple[float, bool]], seen: Sequence[float]) -> dict[bool, list[float]]:
    """Milliseconds from each COMMIT to each verdict that came of it, by whether it brought the revision."""
    found = defaultdict(list)
    for at in seen:
        if at < sent[0][0]:
            continue  # its first, from before the first COMMIT
        begun, brings = sent[bisect(sent, (at, True)) - 1]
        found[brings].append(1000 * (at - begun))
    return found


def measure(server: EmbeddedServer, url: DatabaseUrl, ledger: Ledger, images: Sequence[Lineage]) -> None:
    context = multiprocessing.get_context("fork")  # which hands the password over in memory
    shares = [images[first::PROCESSES] for first in range(min(PROCESSES, len(images)))]
    pipes = [context.Pipe() for _ in shares]
    children = [
        context.Process(target=partial(read, url, share, theirs))
        for share, (_, theirs) in zip(shares, pipes, strict=True)
    ]
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
    found = delays(sent, [at for ours, _ in pipes for at in ours.recv()])
    for child in children:
        child.join()

    readers = len(images)
    names = {True: "a release"} if OLD in images else {False: "all shut", True: "all open"}
    for brings, name in names.items():
        cut = quantiles(found[brings], n=100)
        missing = ROUNDS * readers - len(found[brings])
        print(f"{readers:4} readers  {name:9}  p50 {cut[49]:6.1f} ms  p99 {cut[98]:6.1f} ms  never {missing}")
    costs = (f"{1000 * seconds / len(sent) / readers:.2f} ms" for seconds in (own, served))
    print(
        f"{readers:4} readers  {{}} of its own processor and {{}} of the server's each".format(*costs),
        flush=True,
    )


def main() -> None:
    with running(settings={**VOLATILE, "max_connections": "300"}) as server:
        role = make_role(server.url, SERVICE)
        for readers in READERS:
            for waiting in sorted({1, readers}):
                with fresh_database(server.url, "postgres") as name:
                    ledger = Ledger(server.url.replace(database=name))
                    ledger.create()
                    ledger.apply(FIRST)
                    images = [IMAGE] * waiting + [OLD] * (readers - waiting)
                    measure(server, role.replace(database=name), ledger, images)


if __name__ == "__main__":
    main()
