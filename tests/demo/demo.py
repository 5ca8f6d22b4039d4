"""Starts scripts/demo as a person does, reads it line by line, and looks for what it left."""

import os
import re
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from tests.listening import listens
from tests.repository.tree import ROOT

MARK = "MARK_OF_THIS_DEMO"
DEADLINE_S = 120
# Whoever waits for a demo that hangs then reads its end.
LONGEST_S = 300


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    process: subprocess.Popen[str]
    mark: str
    folder: Path  # where it makes its own
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
        """Those of the server, the switch and the instances."""
        return [int(port) for port in re.findall(r"on port (\d+)", self.text)]

    @property
    def listed(self) -> dict[str, str]:
        """What is listed at the end: names with addresses and commands."""
        return dict(re.findall(r"^(\w+) {2,}(.*)$", self.text, re.MULTILINE))

    def left(self) -> list[str]:
        """Processes that it started, ports of its own that somebody listens on, and what lies in its folder."""
        processes = [entry.name for entry in Path("/proc").iterdir() if is_marked(entry, self.mark)]
        ports = [f"port {port}" for port in self.ports if listens(port)]
        return processes + ports + [path.name for path in self.folder.iterdir()]

    def kill_service(self, name: str) -> None:
        """Kill every process of the instance of this name."""
        for entry in Path("/proc").iterdir():
            if is_marked(entry, self.mark) and is_marked(entry, name, "CALCIO_POD_NAME"):
                os.kill(int(entry.name), signal.SIGKILL)


@contextmanager
def demo(*arguments: str) -> Iterator[Demo]:
    mark = secrets.token_hex(8)
    # As short as a Unix socket's path must be, and as open to the account of a server that root starts.
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o1777)
        with subprocess.Popen(
            [ROOT / "scripts" / "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, MARK: mark, "TMPDIR": folder},
        ) as process:
            deadline = Timer(LONGEST_S, process.kill)
            deadline.start()
            try:
                yield Demo(process, mark, Path(folder), [])
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait()
                deadline.cancel()


def is_marked(entry: Path, mark: str, name: str = MARK) -> bool:
    try:
        return f"{name}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0")
    except OSError:  # no process, or none of ours
        return False
