"""Runs the service as a pod does: gunicorn, its configuration, two ports, settings from the environment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import httpx

from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.repository.tree import ROOT
from tests.server.embedded import claim_port
from tests.server.roles import SERVICE

GUNICORN = ("-m", "gunicorn", "-c", "service/gunicorn_conf.py")


def text_of(url: DatabaseUrl) -> str:
    assert url.password
    query = f"?{urlencode(url.parameters)}" if url.parameters else ""
    return f"postgresql://{url.user}:{url.password.reveal()}@{url.address}{query}"


def environment(url: DatabaseUrl, **settings: object) -> dict[str, str]:
    named = {f"CALCIO_{name.upper()}": str(value) for name, value in settings.items()}
    return {"PATH": os.environ["PATH"], "HOME": "/", "DATABASE_URL": text_of(url), **named}


def migrate(url: DatabaseUrl) -> None:
    """What the Job of this release does, and its finishing Job."""
    environ = environment(url, app_role=SERVICE, soak=0)
    for command in (["upgrade"], ["finish", "--soak", "0"]):
        subprocess.run(
            [sys.executable, "-m", "db", *command], cwd=ROOT, env=environ, check=True, capture_output=True
        )


@dataclass(frozen=True)
class Service:
    """A running service: its process, what it wrote, and how to ask it."""

    process: "subprocess.Popen[str]"
    http: str
    management: str
    output: Path

    def get(self, path: str, timeout_s: float = 20) -> httpx.Response:
        return httpx.get(self.http + path, timeout=timeout_s)

    def readyz(self) -> int:
        """The status of /readyz; 0 where nobody answers."""
        try:
            return httpx.get(f"{self.management}/readyz", timeout=20).status_code
        except httpx.TransportError:
            return 0

    def worker(self) -> int:
        """The process that answers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        [worker] = map(int, children.split())
        return worker

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text().splitlines()]


@contextmanager
def served(
    folder: Path, url: DatabaseUrl, *, more: Mapping[str, str] = MappingProxyType({}), **settings: object
) -> Iterator[Service]:
    """A service that listens, with `more` in its environment; killed, where it has not ended, when the block has."""
    http, management = claim_port(0), claim_port(0)
    environ = {**environment(url, http_port=http, management_port=management, **settings), **more}
    output = folder / "output"
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, *GUNICORN, "service.asgi:app"],
            cwd=ROOT, env=environ, stdout=sink, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
    service = Service(process, f"http://127.0.0.1:{http}", f"http://127.0.0.1:{management}", output)
    try:
        eventually(service.readyz)
        yield service
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ended(environ: dict[str, str], *more: str) -> "subprocess.CompletedProcess[str]":
    """A service that was not able to start."""
    command = [sys.executable, *GUNICORN, *more, "service.asgi:app"]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
