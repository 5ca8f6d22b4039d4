"""`python -m bench.readiness`: how often /readyz answers in a second, against an application that only says ok."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from bench.child import run
from bench.load import Target, is_answered, load
from scripts.tour.place import Ports, choose_ports, settled
from scripts.tour.processes import guarded
from scripts.tour.service import serving
from scripts.tour.settings import of_the_job
from tests.eventually import eventually
from tests.server.embedded import claim_port

ROUNDS = 30  # short and many: another load on the machine then meets both alike
ROUND_S = 0.5
# What service/gunicorn_conf.py sets, as far as it bears on an answer.
GUNICORN = [
    "gunicorn",
    "--worker-class=uvicorn_worker.UvicornWorker",
    "--no-control-socket",
    "--keep-alive=75",
]


@contextmanager
def readiness(ports: Ports) -> Iterator[Target]:
    """The service's probe, ready, on a database at the head."""
    with settled(ports.postgres) as place:
        run([sys.executable, "-m", "db", "upgrade"], of_the_job(place))
        with serving(place, ports):
            yield Target(ports.management, "/readyz")


@contextmanager
def constant() -> Iterator[Target]:
    """The yardstick, under the same server with the same worker."""
    with under_gunicorn("bench.constant:app", {}) as (port, _):
        yield Target(port, "/")


@contextmanager
def under_gunicorn(application: str, settings: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The port and the process of an application that is served as the service is."""
    port = claim_port(0)
    with Path(os.devnull).open("w") as nowhere:
        command = [*GUNICORN, f"--bind=127.0.0.1:{port}", application]
        with guarded(command, settings, nowhere) as process:
            yield port, process.pid


def main() -> None:
    with readiness(choose_ports(0)) as probe, constant() as yardstick:
        for target in (probe, yardstick):
            eventually(partial(is_answered, target))
        rounds = [
            (asyncio.run(load(probe, ROUND_S)), asyncio.run(load(yardstick, ROUND_S))) for _ in range(ROUNDS)
        ]
    probed, constants = (median(figures) for figures in zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    print(f"/readyz            {probed:6.0f} answers a second")
    print(f"constant response  {constants:6.0f} answers a second")
    print(f"ratio              {ratio:6.2f}")


if __name__ == "__main__":
    main()
