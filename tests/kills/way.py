"""A way to the database on which a Job dies at a statement: just before it is sent, or just after."""

import queue
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import NamedTuple

from db.contract.url import DatabaseUrl, Host
from tests.job.process import text_of

QUERY = b"Q"
# Who watches a step that takes long asks these over a connection of its own: how often depends on the machine.
LOOKS_ON = (b"pg_blocking_pids", b"SyncRep")


class Side(StrEnum):
    """On which side of a statement the Job dies. After its answer is before the next one: nobody is there to tell."""

    UNSENT = "before"
    ALONE = "with"  # the server has the statement, and nobody to tell the result


class Boundary(NamedTuple):
    """A moment in a run: its statements, of whichever connection, count from 1."""

    statement: int
    side: Side

    def __str__(self) -> str:
        return f"{self.side} statement {self.statement}"


class Way:
    """A proxy that counts statements, and at `boundary` kills the `victim` before it does anything else."""

    def __init__(self, target: Host, boundary: Boundary | None) -> None:
        self._target = (target.name, target.port)
        self._boundary = boundary
        self.victim: queue.Queue[subprocess.Popen[str]] = queue.Queue()
        self._turn = threading.Lock()
        self.statements = 0

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is shut down."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(self._target)
                except OSError:
                    client.close()  # this one is the Job's to bear, and no reason to let no other one in
                    continue
                for work in (self._hand_on, _hand_back):
                    threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, _ending(server), suppress(OSError):
            for message in _messages(client):
                side = self._side(message)
                if side is not Side.UNSENT:
                    server.sendall(message)
                if side is not None:
                    self._kill()
                    break

    def _side(self, message: bytes) -> Side | None:
        if not message.startswith(QUERY) or any(look in message for look in LOOKS_ON):
            return None
        with self._turn:
            self.statements += 1
            is_here = self._boundary is not None and self._boundary.statement == self.statements
        return self._boundary.side if self._boundary and is_here else None

    def _kill(self) -> None:
        process = self.victim.get()
        process.kill()
        process.wait()


def _hand_back(client: socket.socket, server: socket.socket) -> None:
    with _ending(client), suppress(OSError):
        while data := server.recv(65536):
            client.sendall(data)


@contextmanager
def _ending(other: socket.socket) -> Iterator[None]:
    """When one side has ended, tell the other one; closing alone does not wake a thread that receives."""
    try:
        yield
    finally:
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


def _messages(client: socket.socket) -> Iterator[bytes]:
    """What a client sends, until it has ended; only its first message has no type."""
    with client.makefile("rb") as stream:
        kind = b""
        while head := stream.read(4):
            (length,) = struct.unpack("!i", head)
            yield kind + head + stream.read(length - len(head))
            kind = stream.read(1)


@contextmanager
def way(url: DatabaseUrl, boundary: Boundary | None = None) -> Iterator[tuple[Way, dict[str, str]]]:
    """A way to `url`, and the environment that sends a Job along it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Way(url.hosts[0], boundary)
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        through = text_of(url).replace(str(url.hosts[0]), f"127.0.0.1:{port}")
        yield made, {"DATABASE_URL_FILE": "", "DATABASE_URL": f"{through}?sslmode=disable"}
        listener.shutdown(socket.SHUT_RDWR)  # close() would not wake accept()
