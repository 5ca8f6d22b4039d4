"""Starts scripts/demo as a person does, reads it line by line, and looks for what it left."""

import os
import re
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.repository.tree import ROOT

MARK = "MARK_OF_THIS_DEMO"
DEADLINE_S = 120


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    process: subprocess.Popen[str]
    mark: str
    lines: list[str]

    def read_until(self, wanted: str) -> str:
        """The first new line that has `wanted` in it."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if wanted in line:
                return self.lines[-1]
        raise AssertionError(f"never said {wanted!r}:\n{self.text}")

    def end(self, number: int) -> int:
        """Send a signal and read to the end; answers the exit code."""
        self.process.send_signal(number)
        return self.read_to_the_end()

    def read_to_the_end(self) -> int:
        assert self.process.stdout
        self.lines.extend(self.process.stdout.read().splitlines())
        return self.process.wait(DEADLINE_S)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def ports(self) -> list[int]:
        """Those of the server, the API and the probes."""
        return [int(port) for port in re.findall(r"on port (\d+)", self.text)]

    @property
    def listed(self) -> dict[str, str]:
        """What is listed at the end: names with addresses and commands."""
        return dict(re.findall(r"^(\w+) {2,}(.*)$", self.text, re.MULTILINE))

    def left(self) -> list[str]:
        """Processes that it started, and ports of its own that somebody listens on."""
        processes = [entry.name for entry in Path("/proc").iterdir() if is_marked(entry, self.mark)]
        return processes + [f"port {port}" for port in self.ports if is_open(port)]


@contextmanager
def demo(*arguments: str) -> Iterator[Demo]:
    mark = secrets.token_hex(8)
    with subprocess.Popen(
        [ROOT / "scripts" / "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, MARK: mark},
    ) as process:
        try:
            yield Demo(process, mark, [])
        finally:
            process.send_signal(signal.SIGTERM)


def is_marked(entry: Path, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in (entry / "environ").read_bytes()
    except OSError:  # no process, or none of ours
        return False


def is_open(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
