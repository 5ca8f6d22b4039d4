"""People who use the service meanwhile: requests at a fixed rate, whatever becomes of them, and each one counted."""

import asyncio
import threading
import time
from collections import Counter
from itertools import count

import httpx

from scripts.tour.evening import API

RATE = 20
LONGEST_S = 600
DEADLINE_S = 10
SESSIONS = f"{API}/sessions"
# A kept connection that has idled longer is not used again: that is shorter than an instance drains.
IDLE_S = 0.5


class Traffic:
    """A thread that asks while the block runs: a third of it writes, half of it opens a connection each time."""

    def __init__(self, address: str, headers: dict[str, str], season: int) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self.acknowledged: Counter[str] = Counter()  # the venues that were written
        self._address = address
        self._headers = headers
        self._leaderboard, self._newest = f"{API}/statistics?season={season}", f"{SESSIONS}?limit=5"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def failed(self) -> int:
        return len(self.failures)

    def __str__(self) -> str:
        return f"{self.answered} answered, {self.failed} failed; {self.acknowledged.total()} of them wrote"

    def _run(self) -> None:
        try:
            asyncio.run(self._ask())
        except Exception as error:  # noqa: BLE001 - whatever it was: from here on nobody asks, and 0 failed would say nothing
            self.failures.append(f"nobody asks any more: {error!r}")

    async def _ask(self) -> None:
        kept = httpx.Limits(keepalive_expiry=IDLE_S)
        new = httpx.Limits(max_keepalive_connections=0)
        began = time.monotonic()
        async with self._client(kept) as keeping, self._client(new) as opening, asyncio.TaskGroup() as sent:
            for number in count(1):
                sent.create_task(self._send(keeping if number % 2 else opening, number))
                # A late answer puts no request off.
                await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
                if self._ended.is_set() or number >= RATE * LONGEST_S:
                    return

    def _client(self, limits: httpx.Limits) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._address, headers=self._headers, limits=limits, timeout=DEADLINE_S
        )

    async def _send(self, client: httpx.AsyncClient, number: int) -> None:
        try:
            if number % 3 == 0:
                answer = await self._write(client, f"hall {number}")
            else:
                answer = await client.get(self._leaderboard if number % 3 == 1 else self._newest)
        except httpx.HTTPError as error:
            self.failures.append(f"request {number}: {type(error).__name__}")
        else:
            self._count(number, answer)

    def _count(self, number: int, answer: httpx.Response) -> None:
        if answer.is_success:
            self.answered += 1
        else:
            self.failures.append(f"request {number}: {answer.status_code} {answer.text}")

    async def _write(self, client: httpx.AsyncClient, venue: str) -> httpx.Response:
        body = {"starts_at": "2030-01-01T18:00:00Z", "venue": venue}
        answer = await client.post(SESSIONS, json=body)
        if answer.is_success:
            self.acknowledged[venue] += 1
            self._newest = answer.headers["location"]
        return answer
