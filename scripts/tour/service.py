"""Starts the service under gunicorn, as its image does, but for 127.0.0.1 only."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.contract.refusal import ExitCode, Refusal
from scripts.tour.place import Place, Ports
from scripts.tour.processes import guarded
from scripts.tour.release import FIRST, Release
from scripts.tour.settings import of_the_service
from scripts.tour.watch import Watch

COMMAND = ["gunicorn", "-c", "service/gunicorn_conf.py", "service.asgi:app"]
START_WITHIN_S = 30
LOOK_EVERY_S = 0.1


@contextmanager
def serving(
    place: Place, ports: Ports, release: Release = FIRST, name: str = "service"
) -> Iterator[subprocess.Popen[str]]:
    """The service's process, begun, and ended with the block."""
    binds = [f"--bind=127.0.0.1:{port}" for port in (ports.http, ports.management)]
    settings = of_the_service(place, ports, release, name)
    with (
        place.log(name).open("w") as log,
        guarded([*COMMAND, *binds], settings, log, release.root) as process,
    ):
        yield process


def wait_for_answer(service: subprocess.Popen[str], log: Path, watch: Watch) -> None:
    """Return when /readyz answers anything; raises Refusal where it never will."""
    deadline = time.monotonic() + START_WITHIN_S
    while not watch.has_come(lambda moment: moment.answered, LOOK_EVERY_S):
        if service.poll() is None and time.monotonic() < deadline:
            continue
        said = log.read_text().strip().splitlines() or ["nothing"]
        raise Refusal(
            ExitCode.UNREACHABLE,
            f"the service does not answer, expected it within {START_WITHIN_S} s; the last it said: {said[-1]}",
        )
