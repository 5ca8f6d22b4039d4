"""Pods of either kind: the service with its gate within, and the gate's own program beside an application."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from db.contract.url import DatabaseUrl
from service.pool import Pool
from tests.database.gate.matrix.cases import Case
from tests.database.gate.process import environment
from tests.database.gate.running import running_with_pool
from tests.repository.tree import ROOT
from tests.server.embedded import claim_port

PLAYERS = "http://pod/api/v1/players"
JSON = {"accept": "application/json"}
TIMES: dict[str, Any] = {"request_deadline_s": 0.5, "idle_timeout_s": 0.3, "clock_step_s": 0.0}
# One that no test outlives, one that each test does which waits for its end.
PATIENT: dict[str, Any] = {**TIMES, "lease_s": 600.0, "margin_s": 1.0, "heartbeat_s": 1.0}
SHORT: dict[str, Any] = {**TIMES, "lease_s": 3.0, "margin_s": 1.0, "heartbeat_s": 0.4}


class Program(StrEnum):
    """What runs the gate."""

    SERVICE = "in_process"
    SIDECAR = "sidecar"


class Role(StrEnum):
    """What a pod is there to show."""

    PATIENT = "patient"  # has been answered before, under a lease that does not end
    SHORT = "short"  # the same, under one that does
    NEWCOMER = "newcomer"  # starts when it has happened


@dataclass(frozen=True)
class Answers:
    """What a pod answers at one moment."""

    readyz: int
    verbose: str
    document: dict[str, Any]
    livez: str
    metrics: list[str]
    api: int | None = None
    problem: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pod:
    """One pod and how to ask it."""

    case: Case
    program: Program
    role: Role
    client: httpx.AsyncClient
    management: str
    pool: Pool | None = None

    @property
    def key(self) -> tuple[str, Program, Role]:
        return self.case.name, self.program, self.role

    async def ask(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(f"{self.management}{path}", timeout=30, **options)

    async def api(self) -> httpx.Response:
        return await self.client.get(PLAYERS)

    async def verbose(self) -> str:
        return (await self.ask("/readyz?verbose")).text

    async def answers(self) -> Answers:
        """Everything that it can be asked."""
        api = await self.api() if self.pool else None
        return Answers(
            readyz=(await self.ask("/readyz")).status_code,
            verbose=await self.verbose(),
            document=(await self.ask("/readyz", headers=JSON)).json(),
            livez=(await self.ask("/livez")).text,
            metrics=(await self.ask("/metrics")).text.splitlines(),
            api=api.status_code if api else None,
            problem=api.json() if api and api.status_code != 200 else {},
        )


@asynccontextmanager
async def service(case: Case, role: Role, url: DatabaseUrl) -> AsyncIterator[Pod]:
    times = SHORT if role is Role.SHORT else PATIENT
    # The pool keeps its sessions: a pod in use always has one.
    settings = {
        **times,
        "request_deadline_s": 5.0,
        "idle_timeout_s": 600.0,
        "pool_size": 1,
        "public_reads": True,
        "pod_name": role,
    }
    async with running_with_pool(url, image=case.image, **settings) as (client, pool):
        yield Pod(case, Program.SERVICE, role, client, "http://pod:9090", pool)


class Sidecars:
    """Starts the gate's own program, and ends each with SIGTERM."""

    def __init__(self, launcher: "subprocess.Popen[str]", client: httpx.AsyncClient, folder: Path) -> None:
        self._launcher = launcher
        self._client = client
        self._folder = folder
        self._processes: list[int] = []

    def start(self, case: Case, role: Role, url: DatabaseUrl) -> Pod:
        port = claim_port(0)
        settings = {**(SHORT if role is Role.SHORT else PATIENT), "pod_name": f"{role}-beside"}
        lock = case.lockfile(self._folder)
        environ = environment(url, lockfile=lock, management_port=port, **settings)
        assert self._launcher.stdin
        assert self._launcher.stdout
        self._launcher.stdin.write(json.dumps(environ) + "\n")
        self._launcher.stdin.flush()
        self._processes.append(int(self._launcher.stdout.readline()))
        return Pod(case, Program.SIDECAR, role, self._client, f"http://127.0.0.1:{port}")

    def end(self) -> list[int]:
        """How each one ended."""
        for process in self._processes:
            os.kill(process, signal.SIGTERM)
        said, _ = self._launcher.communicate(timeout=60)
        return [int(line) for line in said.split()]


@contextmanager
def sidecars(client: httpx.AsyncClient, folder: Path) -> Iterator[Sidecars]:
    command = [sys.executable, "-m", "tests.database.gate.matrix.launcher"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as launcher:
        try:
            yield Sidecars(launcher, client, folder)
        finally:
            if launcher.poll() is None:
                os.killpg(launcher.pid, signal.SIGKILL)
