"""Asks one address as often as it is answered, over a few kept connections, for a while."""

import asyncio
import time
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple, cast

CONNECTIONS = 8


class Target(NamedTuple):
    """What is asked, on 127.0.0.1; a path with {} is another one for each connection."""

    port: int
    path: str

    def request(self, number: int) -> bytes:
        return f"GET {self.path.format(number)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class Asker(asyncio.Protocol):
    """One connection: the next request goes out when the last one is answered."""

    answered = 0

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._rest = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(
            "asyncio.Transport", transport
        )  # what create_connection makes, and uvloop's too
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        if not end or len(body) < length(head):
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"found {head.splitlines()[0]!r}, expected 200")
        self._rest = b""
        self.answered += 1
        self.transport.write(self._request)


def is_answered(target: Target) -> bool:
    """Whether the answer is 200, by now."""
    connection = HTTPConnection("127.0.0.1", target.port, timeout=5)
    try:
        connection.request("GET", target.path.format(0))
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def length(head: bytes) -> int:
    """What the header says of the body."""
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


async def load(target: Target, for_s: float, connections: int = CONNECTIONS) -> float:
    """Answers a second."""
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(partial(Asker, target.request(number)), "127.0.0.1", target.port)
        for number in range(connections)
    ]
    begun, before = time.perf_counter(), sum(asker.answered for _, asker in opened)
    await asyncio.sleep(for_s)
    answered = sum(asker.answered for _, asker in opened) - before
    took_s = time.perf_counter() - begun
    for transport, _ in opened:
        transport.abort()
    return answered / took_s
