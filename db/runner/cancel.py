"""Ends a run within two seconds of SIGTERM, whatever it is doing.

The run goes on in a thread, since a signal handler waits for a C call of the main thread to return (measured:
psycopg2 holds it until the statement ends). A cancel request that reaches the server between two statements
does nothing, so it is repeated until the run has ended; the flag that every wait reads does the rest.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psycopg2

from db.runner.wire import Connection

T = TypeVar("T")
CANCEL_EVERY_S = 0.05
END_WITHIN_S = 1.8


class Terminated(BaseException):
    """SIGTERM arrived; not an Exception, so that no retry takes it for a failure."""


class Stop:
    """The flag that SIGTERM raises, and the connections whose statements it cancels."""

    def __init__(self) -> None:
        self._raised = threading.Event()
        self._connections: list[Connection] = []

    @property
    def is_raised(self) -> bool:
        """Whether the run is to end."""
        return self._raised.is_set()

    def raise_(self) -> None:
        """Ask the run to end; a second time changes nothing."""
        self._raised.set()

    def check(self) -> None:
        """Raise Terminated where the run is to end."""
        if self.is_raised:
            raise Terminated

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass, or raise Terminated as soon as the run is to end."""
        self._raised.wait(seconds)
        self.check()

    def watch(self, connection: Connection) -> None:
        """Cancel what `connection` runs when the run is to end."""
        self._connections = [known for known in self._connections if not known.closed] + [connection]

    def spare(self, connection: Connection) -> None:
        """Let `connection` say its last words, even when the run is to end."""
        self._connections = [known for known in self._connections if known is not connection]

    def cancel_statements(self) -> None:
        """Send one cancel request for each open connection."""
        for connection in self._connections:
            with suppress(psycopg2.Error):
                connection.cancel()


def run_until_stopped(
    work: Callable[[Stop], T], on_hang: Callable[[], None], *, end_within_s: float = END_WITHIN_S
) -> T:
    """Run `work` in a thread and hand on what it returns or raises.

    On SIGTERM or SIGINT it is asked to stop and its statements are cancelled. Where it has not ended in time (it
    hangs in a connect), `on_hang` has the last word and the process ends with 143.
    """
    stop = Stop()
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work(stop))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, where it is raised again
            failure.append(error)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.raise_())
    worker = threading.Thread(target=run, name="run", daemon=True)
    worker.start()
    while worker.is_alive() and not stop.is_raised:
        worker.join(timeout=0.1)
    if stop.is_raised:
        _end(worker, stop, on_hang, end_within_s)
    if failure:
        raise failure[0]
    return result[0]


def _end(worker: threading.Thread, stop: Stop, on_hang: Callable[[], None], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while worker.is_alive() and time.monotonic() < deadline:
        stop.cancel_statements()
        worker.join(timeout=CANCEL_EVERY_S)
    if worker.is_alive():
        on_hang()
        os._exit(143)
