"""The switch gives connections to who is ready, and the counter counts what was not answered."""

import gc
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from scripts.tour.switch import Switch
from scripts.tour.traffic import Traffic
from tests.eventually import eventually
from tests.server.embedded import claim_port


@dataclass
class Answering:
    """A server that answers each request with its own port."""

    port: int
    is_ready: bool
    taken: int = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        text = str(self.server.server_port).encode()  # type: ignore[attr-defined] # of an HTTPServer
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # its end waits for the connections' ends


@contextmanager
def answering(*, is_ready: bool) -> Iterator[Answering]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Answering(server.server_port, is_ready)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def two() -> Iterator[list[Answering]]:
    with answering(is_ready=True) as one, answering(is_ready=False) as other:
        yield [one, other]


@pytest.fixture
def address(two: list[Answering]) -> Iterator[str]:
    port = claim_port(0)
    with Switch(port, lambda: two):
        yield f"http://127.0.0.1:{port}"


def test_only_who_is_ready_is_given_connections(two: list[Answering], address: str) -> None:
    """An instance that waits gets none; from the moment it is ready it gets its share."""
    one, other = two
    assert {httpx.get(address).text for _ in range(6)} == {str(one.port)}
    assert (one.taken, other.taken) == (6, 0)
    other.is_ready = True
    assert {httpx.get(address).text for _ in range(6)} == {str(one.port), str(other.port)}
    one.is_ready = False
    assert {httpx.get(address).text for _ in range(6)} == {str(other.port)}


def test_a_kept_connection_stays_where_it_is(two: list[Answering], address: str) -> None:
    """As in a cluster, who leaves the list keeps the connections it has until it closes them."""
    one, other = two
    with httpx.Client() as client:
        client.get(address)
        one.is_ready, other.is_ready = False, True
        assert client.get(address).text == str(one.port)


def test_where_nobody_is_ready_a_connection_ends(two: list[Answering], address: str) -> None:
    """Nothing waits and nothing is tried again: a failure would be hidden."""
    two[0].is_ready = False
    with pytest.raises(httpx.TransportError):
        httpx.get(address)


# asyncio's own: a loop that could not be made is not closed, nor what it was to run awaited.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_switch_that_can_not_begin_says_why() -> None:
    """Where its thread gets no event loop nobody waits for it, and its port is free again."""
    port = claim_port(0)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Room for the socket that listens, and for nothing that a loop needs.
    free = [os.dup(0) for _ in range(2)]
    for one in free:
        os.close(one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[1], hard))
    try:
        with pytest.raises(RuntimeError, match="did not begin") as refused, Switch(port, list):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert isinstance(refused.value.__cause__, OSError)
    del refused
    gc.collect()
    assert claim_port(port) == port


def test_each_request_that_is_not_answered_well_is_counted(two: list[Answering], address: str) -> None:
    """A refusal counts as failed as an end without an answer does; neither counts as answered."""
    with Traffic(address, {}, 1) as traffic:
        eventually(lambda: traffic.answered > 1 and traffic.failed)  # it can GET, and not POST
        two[0].is_ready = False
        eventually(lambda: any("Error" in failure for failure in traffic.failures))
    assert any(" 501 " in failure for failure in traffic.failures)
    assert not traffic.acknowledged
