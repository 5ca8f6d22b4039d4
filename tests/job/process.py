"""Starts `python -m db` as a process of its own, as a container would, and reads what it says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.job.image import OURS, Image

DEADLINE_S = 120
# No test waits for a soak, and a lease that nobody renews is over in seconds.
QUICK = {
    "lease_s": 2,
    "margin_s": 0.5,
    "heartbeat_s": 0.3,
    "request_deadline_s": 0.2,
    "idle_timeout_s": 0.2,
    "clock_step_s": 0.1,
    "connect_deadline_s": 30,
}


def text_of(url: DatabaseUrl) -> str:
    """The URL as a Secret holds it, with its password."""
    assert url.password
    return f"postgresql://{url.user}:{url.password.reveal()}@{url.address}"


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    code: int
    stdout: str
    stderr: str
    termination_message: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def outcome(self) -> dict[str, Any]:
        """The last line, by which every run ends."""
        return self.lines[-1]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("event") == name]

    @property
    def text(self) -> str:
        return self.stdout + self.stderr + self.termination_message


@dataclass
class Running:
    """A run under way."""

    process: subprocess.Popen[str]
    folder: Path
    arguments: str = field(init=False)

    def __post_init__(self) -> None:
        self.arguments = Path(f"/proc/{self.process.pid}/cmdline").read_text()

    def says(self, event: str) -> list[dict[str, Any]]:
        """The lines of that event so far; whole lines only."""
        whole, _, _ = (self.folder / "stdout").read_text().rpartition("\n")
        return [line for line in map(json.loads, whole.splitlines()) if line.get("event") == event]

    def until(self, event: str) -> dict[str, Any]:
        """Wait until it says `event`."""
        return eventually(lambda: self.says(event) or self._must_live(event))[-1]

    def _must_live(self, event: str) -> list[dict[str, Any]]:
        assert self.process.poll() is None or self.says(event), f"ended: {self.end().text}"
        return []

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Ended:
        """Wait until it has ended."""
        code = self.process.wait(timeout=DEADLINE_S)
        said = [(self.folder / name).read_text() for name in ("stdout", "stderr", "termination-log")]
        return Ended(code, *said)


class Job:
    """What a Job's pod is given: a Secret, settings, and an image."""

    def __init__(self, url: DatabaseUrl, folder: Path) -> None:
        self.url = url
        self.runs: list[Running] = []
        self._folder = folder
        self._secret = folder / "DATABASE_URL"
        self._secret.write_text(text_of(url))

    def run(
        self,
        *arguments: str,
        image: Image = OURS,
        environ: Mapping[str, str] | None = None,
        **settings: object,
    ) -> Ended:
        """Run `python -m db` to its end."""
        return self.start(*arguments, image=image, environ=environ, **settings).end()

    def start(
        self,
        *arguments: str,
        image: Image = OURS,
        environ: Mapping[str, str] | None = None,
        **settings: object,
    ) -> Running:
        """Start `python -m db` with `settings`, which are CALCIO_ and their name; `environ` is laid over all."""
        folder = self._folder / str(len(self.runs))
        folder.mkdir()
        (folder / "termination-log").touch()
        given = {"termination_log": folder / "termination-log", "pod_name": f"pod-{len(self.runs)}"}
        named = {f"CALCIO_{name.upper()}": str(value) for name, value in (QUICK | given | settings).items()}
        with (folder / "stdout").open("w") as stdout, (folder / "stderr").open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "db", *arguments],
                cwd=image.folder,
                env={"PATH": os.defpath, "DATABASE_URL_FILE": str(self._secret), **named, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
            )
        self.runs.append(Running(process, folder))
        return self.runs[-1]
