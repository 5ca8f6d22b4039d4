"""Looks at an instance's /readyz again and again, and tells whenever it says something else."""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx

from db.contract.refusal import ExitCode, Refusal

# What waits may turn ready at any moment; who is ready is asked as often as a list of endpoints must know.
WAITING_S, READY_S = 0.02, 0.1
TURN_WITHIN_S = 20


class Moment(NamedTuple):
    """What /readyz said; a status of 0 is that nobody answered."""

    status: int
    standing: str = ""
    reason: str = "nobody answers"
    found: Sequence[str] = ()

    @property
    def answered(self) -> bool:
        return self.status != 0

    @property
    def ready(self) -> bool:
        return self.status == httpx.codes.OK

    def __str__(self) -> str:
        return f"{self.status} {self.standing}: {self.reason}" if self.answered else self.reason


class Watch:
    """A thread that looks while the block runs."""

    def __init__(self, address: str, tell: Callable[[Moment], None]) -> None:
        self.moment = Moment(0)
        self.lease_s = 0.0  # for how long it may serve on without another round
        self._address = address
        self._tell = tell
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def has_come(self, wanted: Callable[[Moment], bool], within_s: float) -> bool:
        """Wait until /readyz says what is `wanted`; answers whether it does."""
        with self._changed:
            return self._changed.wait_for(lambda: wanted(self.moment), within_s)

    def until(self, wanted: Callable[[Moment], bool], expected: str) -> None:
        """Return when /readyz says what is `wanted`; raises Refusal where it does not in time."""
        if not self.has_come(wanted, TURN_WITHIN_S):
            raise Refusal(
                ExitCode.TEMPORARY,
                f"/readyz says {self.moment} after {TURN_WITHIN_S} s, expected {expected}",
                "Run scripts/demo again when this machine has less to do",
            )

    def _look(self) -> None:
        with httpx.Client(headers={"Accept": "application/json"}) as client:
            while not self._ended.wait(READY_S if self.moment.ready else WAITING_S):
                moment, self.lease_s = look(client, self._address)
                if moment != self.moment and not self._ended.is_set():
                    self._tell(moment)
                    with self._changed:
                        self.moment = moment
                        self._changed.notify_all()


def look(client: httpx.Client, address: str) -> tuple[Moment, float]:
    """What it says, and what is left of its lease."""
    try:
        answer = client.get(address)
    except httpx.TransportError:
        return Moment(0), 0.0
    said = answer.json()
    moment = Moment(answer.status_code, said["standing"], said["reason"], tuple(said["found"]))
    return moment, float(said["lease_s"])
