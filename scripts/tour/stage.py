"""What every act plays on: the place, the instances, the switch before them, and who uses them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.contract.refusal import ExitCode, Refusal
from scripts.tour.fleet import Fleet, Instance
from scripts.tour.job import run_job
from scripts.tour.place import Place, Ports
from scripts.tour.release import Release
from scripts.tour.screen import Screen
from scripts.tour.switch import Switch
from scripts.tour.traffic import Traffic
from scripts.tour.watch import TURN_WITHIN_S

ENOUGH = 5  # connections, to believe that an instance has its share


@dataclass(frozen=True)
class Stage:
    """Everything that lasts longer than an act."""

    screen: Screen
    place: Place
    folder: Path  # for another release's code
    ports: Ports
    fleet: Fleet
    switch: Switch

    @property
    def address(self) -> str:
        """Where the switch listens: all that a client knows."""
        return f"http://127.0.0.1:{self.ports.http}"

    def say(self, who: str, what: str) -> None:
        self.screen.say(who, what)

    def job(self, release: Release, command: str, expected: ExitCode = ExitCode.DONE) -> dict[str, Any]:
        """Run a command of the release's Job and answer its outcome; it must end as expected."""
        who = f"job {release.name}"
        self.screen.panel.doing = f"{who}: python -m db {command}"
        self.say(who, f"python -m db {command}")
        return run_job(release, command, self.place, lambda line: self.say(who, line), expected)

    def join(self, instance: Instance) -> None:
        """Return when an instance is ready and the switch gives it its share of the connections."""
        self.screen.panel.doing = f"{instance.name} becomes ready, and takes its share"
        self.fleet.wait_for_answer(instance)
        instance.watch.until(lambda moment: moment.ready, "200")
        enough = instance.taken + ENOUGH
        must(
            self.switch.has_given(instance, enough, TURN_WITHIN_S),
            f"the switch gave {instance.name} {instance.taken} connections, expected {enough}",
        )
        ready = [one.name for one in self.fleet.instances if one.is_ready]
        self.say("switch", f"gives new connections to {' and '.join(ready)}")

    def leave(self, instance: Instance) -> None:
        """Take an instance away."""
        self.screen.panel.doing = f"{instance.name} leaves"
        self.fleet.retire(instance)

    def settle(self, traffic: Traffic) -> None:
        """Say how the requests fared so far; raises Refusal where one has failed."""
        self.say("requests", str(traffic))
        must(
            not traffic.failures,
            f"{traffic.failed} requests failed, expected none; the first: {first(traffic)}",
        )


def first(traffic: Traffic) -> str:
    return next(iter(traffic.failures), "")


def must(so: object, otherwise: str) -> None:
    """Raise Refusal with 70 where something is not as it must be."""
    if not so:
        raise Refusal(ExitCode.INTERNAL, otherwise, "Report it, please")
