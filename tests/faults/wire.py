"""A way to the database that counts a run's statements, and does something to the run at one of them."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from db.contract.url import DatabaseUrl, Host
from tests.job.process import text_of

QUERY = b"Q"


class Wire:
    """A proxy on loopback. `at(number)` is called when that statement, of whichever connection, has been handed on."""

    def __init__(self, target: Host, at: Callable[[int], None]) -> None:
        self._target = (target.name, target.port)
        self._at = at
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self.statements = 0

    def freeze(self) -> None:
        """Let no byte pass any more; connections stay open, and new ones are accepted."""
        self._flowing.clear()

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self._target)
                for work in (self._hand_on, self._hand_back):
                    threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, _ending(server), suppress(OSError, EOFError):
            # The first message of a session has no type.
            first = _message(client, b"")
            self._flowing.wait()
            server.sendall(first)
            while kind := client.recv(1):
                message = _message(client, kind)
                self._flowing.wait()
                server.sendall(message)
                if kind == QUERY:
                    self._count()

    def _hand_back(self, client: socket.socket, server: socket.socket) -> None:
        with _ending(client), suppress(OSError):
            while data := server.recv(65536):
                self._flowing.wait()
                client.sendall(data)

    def _count(self) -> None:
        with self._lock:
            self.statements += 1
            self._at(self.statements)


@contextmanager
def _ending(other: socket.socket) -> Iterator[None]:
    """When one side has ended, tell the other one; closing alone does not wake a thread that receives."""
    try:
        yield
    finally:
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


def _message(source: socket.socket, kind: bytes) -> bytes:
    head = _exactly(source, 4)
    (length,) = struct.unpack("!i", head)
    return kind + head + _exactly(source, length - 4)


def _exactly(source: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = source.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


@contextmanager
def wire(url: DatabaseUrl, at: Callable[[int], None]) -> Iterator[tuple[Wire, dict[str, Any]]]:
    """A wire to `url`, and the environment that sends a Job through it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Wire(url.hosts[0], at)
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        through = text_of(url).replace(str(url.hosts[0]), f"127.0.0.1:{port}")
        yield made, {"DATABASE_URL_FILE": "", "DATABASE_URL": f"{through}?sslmode=disable"}
        # A blocked accept() is not woken by close().
        listener.shutdown(socket.SHUT_RDWR)
