"""The tour in its order, behind one switch, under the eyes of whoever counts the requests."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from scripts.tour import acts
from scripts.tour.evening import API, Organiser
from scripts.tour.fleet import Fleet, Instance
from scripts.tour.folder import passing_folder
from scripts.tour.place import OWNER, SERVICE, Place, Ports, settled
from scripts.tour.screen import Screen
from scripts.tour.stage import Stage
from scripts.tour.switch import Switch
from scripts.tour.traffic import Traffic
from tests.server.roles import version_of


class Story:
    """Everything that is shown, on these ports."""

    def __init__(self, screen: Screen, ports: Ports) -> None:
        self._screen = screen
        self._ports = ports

    def tell(self, *, once: bool) -> None:
        """Show everything; then, unless it is for `once`, stay until somebody interrupts."""
        with (
            self._place() as place,
            passing_folder() as folder,
            Fleet(place, self._ports, self._screen) as fleet,
        ):
            self._screen.panel.rows = lambda: [instance.row for instance in fleet.instances]
            with Switch(self._ports.http, lambda: fleet.instances) as switch:
                self._screen.say("switch", f"on port {self._ports.http}, before whatever instance is ready")
                stage = Stage(self._screen, place, folder, self._ports, fleet, switch)
                last = self._acts(stage)
                self._screen.listed(self._addresses(stage, last))
                if not once:
                    self._screen.listed(self._commands(stage, last))
                    self._screen.panel.act = "calcio: what serves now"
                    self._screen.panel.doing = "Ctrl-C ends all of it"
                    threading.Event().wait()

    @contextmanager
    def _place(self) -> Iterator[Place]:
        self._screen.panel.doing = "PostgreSQL starts"
        with settled(self._ports.postgres) as place:
            server = place.server
            found = f"PostgreSQL {version_of(server.url)}, embedded, from {server.programs.origin}"
            self._screen.say("server", f"{found}, on port {self._ports.postgres}")
            self._screen.say(
                "server", f"an empty database; {OWNER} moves its schema, {SERVICE} serves from it"
            )
            yield place

    def _acts(self, stage: Stage) -> Instance:
        name, _, value = stage.place.authorization_file.read_text().partition(": ")
        headers = {name: value}
        first = acts.begin_from_nothing(stage)
        with httpx.Client(base_url=stage.address, headers=headers) as client:
            season = acts.play_an_evening(stage, Organiser(client))
        with Traffic(stage.address, headers, season) as traffic:
            stage.screen.panel.traffic = traffic
            second = acts.finish_the_first(stage, first)
            stage.settle(traffic)
            new = acts.roll_forward(stage, first, second)
            stage.settle(traffic)
            old = acts.roll_back(stage, new)
            stage.settle(traffic)
            last = acts.roll_forward_again(stage, second)
            stage.settle(traffic)
            acts.contract(stage, old, last)
            stage.settle(traffic)
            acts.come_too_late(stage)
        stage.settle(traffic)
        with httpx.Client(base_url=stage.address, headers=headers) as client:
            acts.count_what_was_written(stage, Organiser(client), traffic)
        return last

    def _addresses(self, stage: Stage, last: Instance) -> dict[str, str]:
        return {
            "API": f"{stage.address}{API}/players",
            "docs": f"{stage.address}/docs",
            "schema": f"{last.management}/schema",
            "gate": f"{last.management}/readyz?verbose",
            "metrics": f"{last.management}/metrics",
        }

    def _commands(self, stage: Stage, last: Instance) -> dict[str, str]:
        sent = '--header content-type:application/json --data \'{"name": "Nora"}\''
        ask = f"DATABASE_URL_FILE={stage.place.owner_url_file} {sys.executable} -m db status"
        return {
            "write": f"curl --header @{stage.place.authorization_file} {sent} {stage.address}{API}/players",
            "ask": f"cd {last.release.root} && {ask}",
        }
