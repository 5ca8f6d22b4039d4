"""The container engine at hand, and containers that run as restricted as a cluster runs them."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

PROGRAMS = ("podman", "docker")
DEADLINE_S = 60
INSIDE = Path(__file__).with_name("inside.py")


@dataclass(frozen=True)
class Engine:
    program: str

    def __call__(self, *arguments: str, environ: Mapping[str, str] | None = None, said: str = "") -> str:
        """Run one command of the engine; answers what it printed, and fails with what it complained of."""
        ran = subprocess.run(
            [self.program, *arguments],
            env={**os.environ, **(environ or {})},
            input=said,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert ran.returncode == 0, f"{self.program} {arguments[0]}: {ran.stderr}"
        return ran.stdout.strip()

    def inspected(self, image: str, template: str) -> str:
        return self("image", "inspect", "--format", template, image)

    def holds(self, image: str) -> bool:
        inspected = subprocess.run(
            [self.program, "image", "inspect", image], capture_output=True, check=False
        )
        return inspected.returncode == 0

    def asked(self, image: str, question: str, *about: str) -> list[str]:
        """What tests/image/inside.py answers in a container of the image, as any UID."""
        command = ["run", "--rm", "--interactive", "--entrypoint=python", *restricted()]
        answer = self(*command, image, "-", question, *about, said=INSIDE.read_text())
        answered: list[str] = json.loads(answer)
        return answered

    @contextmanager
    def started(
        self, image: str, *arguments: str, environ: Mapping[str, str], options: Sequence[str] = ()
    ) -> Iterator["Container"]:
        """A container that is gone after the block. Values of the environment never stand on a command line."""
        name = f"calcio-test-{secrets.token_hex(6)}"
        named = [f"--name={name}", *restricted(), *(f"--env={variable}" for variable in environ)]
        try:
            self("run", "--detach", *named, *options, image, *arguments, environ=environ)
            yield Container(self, name)
        finally:
            self("rm", "--force", "--volumes", name)


@dataclass(frozen=True)
class Container:
    engine: Engine
    name: str

    def exit_code(self) -> int:
        """Wait for its end."""
        return int(self.engine("wait", self.name))

    def terminate(self) -> None:
        """Send what kubelet sends: SIGTERM to process 1."""
        self.engine("kill", "--signal=TERM", self.name)

    def log(self) -> str:
        """What it wrote to its standard output and error."""
        return "".join(self._lines())

    def says(self, words: str) -> bool:
        """Follow the log until it says these words, or ends."""
        return any(words in line for line in self._lines("--follow"))

    def _lines(self, *options: str) -> Iterator[str]:
        logs = [self.engine.program, "logs", *options, self.name]
        with subprocess.Popen(logs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as follower:
            deadline = Timer(DEADLINE_S, follower.kill)
            deadline.start()
            try:
                yield from follower.stdout or ()
            finally:
                deadline.cancel()
                follower.kill()


def restricted() -> list[str]:
    """What OpenShift's restricted-v2 leaves a container, with the limits of kustomize/base."""
    user = 1_000_000_000 + secrets.randbelow(1_000_000_000)
    return [
        f"--user={user}:0",
        "--read-only",
        "--tmpfs=/tmp",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--memory=256m",
        "--network=host",
    ]


def find_engine() -> Engine | None:
    for program in PROGRAMS:
        try:
            answered = subprocess.run([program, "info"], capture_output=True, timeout=DEADLINE_S, check=False)
        except OSError:
            continue
        if answered.returncode == 0:
            return Engine(program)
    return None
