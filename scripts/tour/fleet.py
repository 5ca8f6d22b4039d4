"""The instances that live: begins them, watches them, asks them to leave, and ends them with the block."""

import subprocess
from contextlib import ExitStack
from functools import partial

from db.contract.refusal import ExitCode, Refusal
from scripts.tour.panel import Row
from scripts.tour.place import Place, Ports
from scripts.tour.processes import ask_to_end
from scripts.tour.release import Release
from scripts.tour.screen import Screen
from scripts.tour.service import serving, wait_for_answer
from scripts.tour.watch import Moment, Watch
from tests.server.embedded import claim_port


class Instance:
    """One process that serves: what a pod would be."""

    def __init__(self, name: str, release: Release, ports: Ports, screen: Screen) -> None:
        self.name = name
        self.release = release
        self.port = ports.http
        self.management = f"http://127.0.0.1:{ports.management}"
        self.watch = Watch(f"{self.management}/readyz", partial(self._told, screen))
        self.taken = 0  # connections that the switch has given it
        self.leaves = False
        self.process: subprocess.Popen[str]
        self.life = ExitStack()

    @property
    def moment(self) -> Moment:
        """What its /readyz said last."""
        moment = self.watch.moment
        return moment._replace(reason="it takes no new traffic, and ends") if self.leaves else moment

    @property
    def row(self) -> Row:
        """What the screen shows of it."""
        return Row(self.name, self.moment, self.watch.lease_s, self.taken)

    @property
    def is_ready(self) -> bool:
        return self.watch.moment.ready

    def _told(self, screen: Screen, moment: Moment) -> None:
        if not self.leaves:
            screen.gate(self.name, moment)


class Fleet:
    """Every instance there is."""

    def __init__(self, place: Place, ports: Ports, screen: Screen) -> None:
        self.instances: tuple[Instance, ...] = ()  # replaced as a whole: the switch and the screen read it
        self._place = place
        self._ports = ports
        self._screen = screen
        self._begun: dict[str, int] = {}
        self._lives = ExitStack()

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        for instance in self.instances:
            instance.leaves = True
            ask_to_end(instance.process)
        self._lives.close()

    def begin(self, release: Release, management: int = 0) -> Instance:
        """Start an instance, on ports of its own; whether it answers, and how, is another question."""
        count = self._begun[release.name] = self._begun.get(release.name, 0) + 1
        ports = self._ports._replace(http=claim_port(0), management=management or claim_port(0))
        instance = Instance(f"{release.name}-{count}", release, ports, self._screen)
        self._screen.panel.doing = f"{instance.name} begins"
        self._screen.say(
            instance.name,
            f"begins: release {release.name}, probes on port {ports.management}, API on port {ports.http}",
        )
        self._lives.enter_context(instance.life)
        # Watched to its end: that it leaves is what the switch must see.
        instance.life.enter_context(instance.watch)
        instance.process = instance.life.enter_context(serving(self._place, ports, release, instance.name))
        self.instances = (*self.instances, instance)
        return instance

    def wait_for_answer(self, instance: Instance) -> None:
        """Return when its /readyz answers anything; raises Refusal where it never will."""
        wait_for_answer(instance.process, self._place.log(instance.name), instance.watch)

    def retire(self, instance: Instance) -> None:
        """Send it SIGTERM, and wait for its end; raises Refusal where that was no good one."""
        instance.leaves = True
        self._screen.say(instance.name, "SIGTERM: it drains, deletes its row among the readers, and ends")
        instance.life.close()
        self.instances = tuple(other for other in self.instances if other is not instance)
        if instance.process.returncode != ExitCode.DONE:
            raise Refusal(
                ExitCode.INTERNAL, f"{instance.name} ended with {instance.process.returncode}, expected 0"
            )
