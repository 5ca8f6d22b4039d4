"""The tour in its order: a gate that is shut, the Job that opens it, an evening, a contract under way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx

from scripts.tour.evening import API, Organiser, leaderboard, play
from scripts.tour.job import run_job
from scripts.tour.place import OWNER, SERVICE, Place, Ports, settled
from scripts.tour.screen import Screen
from scripts.tour.service import serving, wait_for_answer
from scripts.tour.settings import LEASE_S, of_the_job
from scripts.tour.traffic import Traffic
from scripts.tour.watch import Watch
from tests.server.roles import version_of


class Story:
    """Everything that is shown, on these ports."""

    def __init__(self, screen: Screen, ports: Ports) -> None:
        self._screen = screen
        self._ports = ports
        self._http = f"http://127.0.0.1:{ports.http}"
        self._management = f"http://127.0.0.1:{ports.management}"

    def tell(self, *, once: bool) -> None:
        """Show everything; then, unless it is for `once`, stay until somebody interrupts."""
        with self._place() as place, self._gate(place) as watch:
            self._job("upgrade", place)
            watch.until(lambda moment: moment.status == httpx.codes.OK, "200")
            season = self._play(place)
            self._finish(place, watch, season)
            self._screen.listed(self._addresses())
            if not once:
                self._screen.listed(self._commands(place))
                self._screen.doing("Ctrl-C ends all of it")
                watch.slow_down()
                threading.Event().wait()

    @contextmanager
    def _place(self) -> Iterator[Place]:
        self._screen.doing("PostgreSQL starts")
        with settled(self._ports.postgres) as place:
            server = place.server
            found = f"PostgreSQL {version_of(server.url)}, embedded, from {server.programs.origin}"
            self._say("server", f"{found}, on port {self._ports.postgres}")
            self._say("server", f"an empty database; {OWNER} moves its schema, {SERVICE} serves from it")
            yield place

    @contextmanager
    def _gate(self, place: Place) -> Iterator[Watch]:
        self._screen.doing("the service starts")
        http, management, _ = self._ports
        self._say("service", f"under gunicorn, the API on port {http}, its probes on port {management}")
        with (
            serving(place, self._ports) as process,
            Watch(f"{self._management}/readyz", self._screen.gate) as watch,
        ):
            wait_for_answer(process, place, watch)
            watch.until(lambda moment: moment.standing == "empty", "empty")
            yield watch

    def _job(self, command: str, place: Place) -> None:
        self._screen.doing(f"python -m db {command}")
        self._say("job", f"python -m db {command}")
        run_job(command, of_the_job(place), partial(self._say, "job"))

    def _play(self, place: Place) -> int:
        self._screen.doing("an evening of futsal")
        name, _, value = place.authorization_file.read_text().partition(": ")
        with httpx.Client(base_url=self._http, headers={name: value}) as client:
            organiser = Organiser(client)
            season = play(organiser, partial(self._say, "http"))
            self._screen.leaderboard(leaderboard(organiser, season))
        return season

    def _finish(self, place: Place, watch: Watch, season: int) -> None:
        self._say("readers", "keep asking for players and leaderboard while the rest is applied,")
        self._say("", f"each step of it once nobody was in its way for one lease ({LEASE_S} s)")
        with Traffic(self._http, [f"{API}/players", f"{API}/statistics?season={season}"]) as traffic:
            self._job("finish", place)
            watch.until(lambda moment: moment.standing == "at_head", "at_head")
        self._say("readers", f"{traffic.answered} requests answered meanwhile, {traffic.failed} failed")

    def _addresses(self) -> dict[str, str]:
        return {
            "API": f"{self._http}{API}/players",
            "docs": f"{self._http}/docs",
            "schema": f"{self._management}/schema",
            "gate": f"{self._management}/readyz?verbose",
            "metrics": f"{self._management}/metrics",
        }

    def _commands(self, place: Place) -> dict[str, str]:
        sent = '--header content-type:application/json --data \'{"name": "Nora"}\''
        return {
            "write": f"curl --header @{place.authorization_file} {sent} {self._http}{API}/players",
            "ask": f"DATABASE_URL_FILE={place.owner_url_file} .venv/bin/python -m db status",
        }

    def _say(self, who: str, what: str) -> None:
        self._screen.say(who, what)
