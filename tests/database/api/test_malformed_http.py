"""What is hardly HTTP: refused or cut off, and the next request is answered."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.contract.url import DatabaseUrl
from service.auth import Auth
from service.keys import verifier
from service.protocol import HEAD_BYTES_MAX, BoundedProtocol
from tests.database.api.serving import served
from tests.database.api.tokens import AUDIENCE, ISSUER

FINE = b"GET /api/v1/players HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
KEPT = FINE.replace(b"Connection: close\r\n", b"")
POST = b"POST /api/v1/players HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
QUIET_S = 1.0
BROKEN = [
    b"", b"\r\n\r\n", b"\x00" * 64, b"GET", b"GET / HTTP/9.9\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"OPTIONS * HTTP/1.1\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //x:y:z/%zz%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/players?%ff=%00&limit=%ed%a0%80 HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/players HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe.\xff.\xff\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/players/\xc3\x28 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"GET / HTTP/1.1\r\n: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n",
    POST + b"Content-Length: -1\r\n\r\n", POST + b"Content-Length: 9999999999999999999999\r\n\r\n",
    POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", POST + b"Content-Length: 100\r\n\r\n{",
    POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{}",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
    POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /api/v1/players HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
]  # fmt: skip


class Impatient(BoundedProtocol):
    """Waits for a head, and for the next one, no longer than a test wants to."""

    head_within_s = 0.3

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.timeout_keep_alive = 1


@pytest.fixture(scope="module")
def place(api_url: DatabaseUrl, secret_file: Path) -> Iterator[tuple[str, int]]:
    """Where the API listens."""
    auth = Auth(verifier(None, secret_file, ISSUER, AUDIENCE), public_reads=True)
    with served(api_url, auth, Impatient) as address:
        yield "127.0.0.1", urlsplit(address).port or 0


def answered(place: tuple[str, int], *pieces: bytes) -> bytes:
    """All that comes back until the server closes the connection, or has nothing more to say."""
    found = b""
    with socket.create_connection(place, timeout=QUIET_S) as connection:
        # A server that has seen enough may have closed it already.
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        with suppress(ConnectionError, TimeoutError):
            while piece := connection.recv(65536):
                found += piece
    return found


def assert_refused_or_answered(place: tuple[str, int], answer: bytes) -> None:
    """No answer, or one that blames the client; and the server lives."""
    assert b"HTTP/1.1 5" not in answer
    assert b"Traceback" not in answer
    assert answered(place, FINE).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("request_", BROKEN, ids=range(len(BROKEN)))
def test_what_is_hardly_http_is_no_500(place: tuple[str, int], request_: bytes) -> None:
    """Half requests, other protocols, two lengths, broken chunks, bytes that are no text."""
    assert_refused_or_answered(place, answered(place, request_))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_of_a_request_is_a_500(place: tuple[str, int], data: st.DataObject) -> None:
    """Bytes changed, cut out, doubled or put in anywhere."""
    text = bytearray(data.draw(st.sampled_from([FINE, POST + b'Content-Length: 15\r\n\r\n{"name": "Ana"}'])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        much = data.draw(st.integers(0, 12))
        twice = bytes(text[at : at + much]) * 2
        text[at : at + much] = data.draw(st.one_of(st.binary(max_size=12), st.just(twice)))
    assert_refused_or_answered(place, answered(place, bytes(text)))


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 10**6,
        b"GET / HTTP/1.1\r\nX: " + b"y" * 10**6,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10**5,
    ],
    ids=["path", "value", "many"],
)
def test_a_head_without_end_is_refused(place: tuple[str, int], head: bytes) -> None:
    """A path or header that goes on for ever fills no memory: 400 and the end of the connection."""
    assert len(head) > HEAD_BYTES_MAX
    answer = answered(place, head)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert_refused_or_answered(place, answer)


@pytest.mark.parametrize(("more", "status"), [(0, b"200"), (1, b"400"), (100_000, b"400")])
@pytest.mark.parametrize("cuts", [1, 2, 7])
def test_a_head_is_refused_from_its_first_byte_too_many(
    place: tuple[str, int], more: int, status: bytes, cuts: int
) -> None:
    """The limit is the same for a head that comes at once, with its end, and for one that comes in pieces."""
    filler = b"X: " + b"y" * (HEAD_BYTES_MAX - len(FINE) - len(b"X: \r\n") + more) + b"\r\n"
    head = FINE.replace(b"Connection", filler + b"Connection")
    assert len(head) == HEAD_BYTES_MAX + more
    size = -(-len(head) // cuts)
    answer = answered(place, *(head[at : at + size] for at in range(0, len(head), size)))
    assert answer.startswith(b"HTTP/1.1 " + status) or (more and answer == b"")
    assert_refused_or_answered(place, answer)


@pytest.mark.parametrize("begun", [b"", b"GET / HT", FINE[:-2]], ids=["nothing", "a line", "all but the end"])
def test_who_does_not_end_the_head_loses_the_connection(place: tuple[str, int], begun: bytes) -> None:
    """A connection that is held open and never asks is closed, the first one as well as one that asked before."""
    with socket.create_connection(place, timeout=20) as connection:
        connection.sendall(begun)
        assert connection.recv(65536) == b""
    with socket.create_connection(place, timeout=20) as connection:
        ask(connection)
        connection.sendall(begun or b"G")
        assert connection.recv(65536) == b""


def test_a_connection_that_rests_is_closed_and_one_that_asks_is_kept(place: tuple[str, int]) -> None:
    """However many answers it had before, and for longer than any of its timers."""
    with socket.create_connection(place, timeout=20) as connection:
        ends_at = time.monotonic() + 1.5
        while time.monotonic() < ends_at:
            ask(connection)
        assert connection.recv(65536) == b""


def ask(connection: socket.socket) -> None:
    """Ask over a connection that is kept, and read the answer."""
    connection.sendall(KEPT)
    while not connection.recv(65536).endswith(b"}"):
        pass
