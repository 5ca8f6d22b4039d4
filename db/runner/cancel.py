"""Ends a run within two seconds of SIGTERM, whatever it is doing.

The run goes on in a thread, since a signal handler waits for a C call of the main thread to return (measured:
psycopg2 holds it until the statement ends). A cancel request that reaches the server between two statements
does nothing, so it is repeated until the run has ended; the flag that every wait reads does the rest.
It goes by way of another connection: psycopg2's own cancel() stops every thread, for good where the network is gone.
"""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TypeVar

import psycopg2

from db.runner.wire import Connection

T = TypeVar("T")
CANCEL_EVERY_S = 0.05
END_WITHIN_S = 1.4


class Terminated(BaseException):
    """SIGTERM arrived; not an Exception, so that no retry takes it for a failure."""


class Stop:
    """The flag that SIGTERM raises, and the connections whose statements it cancels."""

    def __init__(self) -> None:
        self._raised = threading.Event()
        self._connections: dict[Connection, Callable[[], Connection]] = {}

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

    def watch(self, connection: Connection, another: Callable[[], Connection]) -> None:
        """Cancel what `connection` runs when the run is to end, by way of `another` to the same server."""
        self.check()
        self._connections = {known: way for known, way in self._connections.items() if not known.closed}
        self._connections[connection] = another

    def spare(self, connection: Connection) -> None:
        """Let `connection` say its last words, even when the run is to end."""
        self._connections.pop(connection, None)

    def cancel_statements(self, ended: threading.Event) -> None:
        """Cancel again and again, beside this thread, what the watched connections run, until it has `ended`."""
        for connection, another in tuple(self._connections.items()):
            arguments = (connection, another, ended)
            threading.Thread(target=self._cancel, args=arguments, name="cancel", daemon=True).start()

    def _cancel(
        self, connection: Connection, another: Callable[[], Connection], ended: threading.Event
    ) -> None:
        backend = connection.backend
        # Where no other connection is to be had, the server ends the statement when this process has gone.
        with suppress(psycopg2.Error), closing(another()) as way, way.cursor() as cursor:
            while not ended.is_set() and connection in self._connections:
                cursor.execute("SELECT pg_catalog.pg_cancel_backend(%s)", (backend,))
                ended.wait(timeout=CANCEL_EVERY_S)


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
    # Rather than the thread's own end: importing eventlet in a thread takes away what join() waits for.
    ended = threading.Event()

    def run() -> None:
        try:
            result.append(work(stop))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, where it is raised again
            failure.append(error)
        finally:
            ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.raise_())
    threading.Thread(target=run, name="run", daemon=True).start()
    while not ended.wait(timeout=0.1) and not stop.is_raised:
        pass
    if stop.is_raised:
        _end(ended, stop, on_hang, end_within_s)
    if failure:
        raise failure[0]
    return result[0]


def _end(ended: threading.Event, stop: Stop, on_hang: Callable[[], None], within_s: float) -> None:
    stop.cancel_statements(ended)
    if not ended.wait(timeout=within_s):
        on_hang()
        os._exit(143)
