"""People who read while the schema moves: requests in a row, counted."""

import threading
from collections.abc import Sequence

import httpx

PACE_S = 0.01


class Traffic:
    """A thread that asks one path after the other while the block runs."""

    def __init__(self, address: str, paths: Sequence[str]) -> None:
        self.answered = 0
        self.failed = 0
        self._address = address
        self._paths = paths
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="traffic")

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address) as client:
            while not self._ended.wait(PACE_S):
                for path in self._paths:
                    self._count(client, path)

    def _count(self, client: httpx.Client, path: str) -> None:
        try:
            answer = client.get(path)
        except httpx.HTTPError:
            self.failed += 1
            return
        self.answered += answer.is_success
        self.failed += not answer.is_success
