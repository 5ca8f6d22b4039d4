"""What the tour's traffic counts."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scripts.tour.traffic import Traffic
from tests.eventually import eventually


class Careless(BaseHTTPRequestHandler):
    """Reads well, and says of what it wrote that it is there, but not where."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def careless() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


def test_traffic_that_ends_early_has_failed(careless: str) -> None:
    """Where an answer is not what the traffic can go on from, 0 failed is not what it says."""
    with Traffic(careless, {}, 2026) as traffic:
        eventually(lambda: traffic.failed)
    assert traffic.answered > 0
    assert "nobody asks any more" in traffic.failures[0]
