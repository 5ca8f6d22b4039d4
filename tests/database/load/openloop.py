"""An open-loop load: requests begin when they are due, however the ones before them fare."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

RATE = 40  # requests a second
MOST = 4000  # requests of one load
# Longer than the service gives a request.
PATIENCE_S = 30.0
PLAYERS = "/api/v1/players"


@dataclass(frozen=True)
class Sent:
    """One request: what it asked, when it began and ended, and what came of it (0: the connection broke)."""

    method: str
    name: str
    began: float
    ended: float
    status: int

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 300


@dataclass
class Load:
    """A running load: reads, writes in one statement and writes in a transaction, in turn."""

    client: httpx.AsyncClient
    answers: str  # the path of somebody's word on a session
    sent: list[Sent] = field(default_factory=list)
    pending: set["asyncio.Task[None]"] = field(default_factory=set)

    async def go_on(self) -> None:
        """Begin a request whenever one is due, until cancelled."""
        first = time.monotonic()
        for number in range(MOST):
            await asyncio.sleep(first + number / RATE - time.monotonic())
            task = asyncio.create_task(self._one(number))
            self.pending.add(task)
            task.add_done_callback(self.pending.discard)

    async def passed(self, count: int) -> None:
        """Return when this many more requests have ended."""
        wanted = len(self.sent) + count
        async with asyncio.timeout(120):
            while len(self.sent) < wanted:  # noqa: ASYNC110 - what changes is a list
                await asyncio.sleep(0.02)

    @property
    def failed(self) -> list[Sent]:
        return [one for one in self.sent if one.failed]

    @property
    def acknowledged(self) -> set[str]:
        """The players that the service has said it has written."""
        return {one.name for one in self.sent if one.method == "POST" and one.status == 201}

    async def _one(self, number: int) -> None:
        method = ("GET", "POST", "PUT")[number % 3]
        name = f"Player {number} of {id(self)}"
        body = {"POST": {"name": name}, "PUT": {"answer": "yes"}}.get(method)
        path = self.answers if method == "PUT" else PLAYERS
        began = time.monotonic()
        try:
            status = (await self.client.request(method, path, json=body)).status_code
        except httpx.TransportError:
            status = 0
        self.sent.append(Sent(method, name, began, time.monotonic(), status))


@asynccontextmanager
async def loaded(address: str, token: str, answers: str) -> AsyncIterator[Load]:
    """Load the service while the block runs; when it is over, every request has ended."""
    # Each request has a connection of its own: none meets what happened to the one before.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=address, headers=headers, limits=limits, timeout=PATIENCE_S
    ) as client:
        load = Load(client, answers)
        going = asyncio.create_task(load.go_on())
        try:
            await load.passed(10)
            yield load
            await load.passed(10)
        finally:
            going.cancel()
            await asyncio.gather(going, *load.pending, return_exceptions=True)
