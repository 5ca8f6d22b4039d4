"""Who is compared: the service, the baseline and bare ASGI, each under gunicorn on the same migrated database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil

from bench import seasons
from bench.child import COMPILED, run
from bench.readiness import under_gunicorn
from db.contract.url import DatabaseUrl
from scripts.tour.place import DATABASE, SERVICE, Place, choose_ports, settled
from scripts.tour.processes import guarded
from scripts.tour.release import FIRST
from scripts.tour.service import COMMAND
from scripts.tour.settings import SHARED, of_the_job, of_the_service
from tests.server.roles import session


class Listening(NamedTuple):
    """Where something answers: its API, and whether it is ready."""

    http: int
    management: int


@contextmanager
def migrated() -> Iterator[Place]:
    """A database at the head, with seasons in it."""
    with settled(choose_ports(0).postgres) as place:
        for command in (["upgrade"], ["finish", "--soak", "0"]):
            run([sys.executable, "-m", "db", *command], of_the_job(place))
        owner = DatabaseUrl.parse(place.owner_url_file.read_text())
        seasons.fill(owner)
        with session(owner) as cursor:
            # Limits that go with the tour's short leases: they would end idle sessions between two rounds.
            cursor.execute(f"ALTER ROLE {SERVICE} IN DATABASE {DATABASE} RESET ALL")
        yield place


@contextmanager
def contestant(name: str, place: Place) -> Iterator[tuple[Listening, int]]:
    """Where `name` listens, and the process that began it."""
    if name == "service":
        ports = choose_ports(0)
        # With the leases and times that it has when it is told none.
        settings = {
            key: value
            for key, value in of_the_service(place, ports, FIRST, name).items()
            if key not in SHARED
        } | COMPILED
        with place.log(name).open("w") as log, guarded(COMMAND, settings, log) as process:
            yield Listening(ports.http, ports.management), process.pid
    else:
        settings = {"DATABASE_URL_FILE": str(place.service_url_file), **COMPILED}
        with under_gunicorn(f"bench.{name}:app", settings) as (port, pid):
            yield Listening(port, port), pid


def spent_s(process: psutil.Process) -> float:
    """The processor time of a process and of those that it began."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(time.user + time.system for time in times)
