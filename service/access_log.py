"""The access log: a line of JSON a request, as the other logs have it, at a fraction of what logging costs."""

import asyncio
import sys
import time
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from service.gate.answers import Scope

FLUSH_AFTER_S = 0.05

_encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, frozen=True):
    """What is told of a request."""

    at: str
    level: str
    logger: str
    message: str
    method: str
    path: str
    status: int
    duration_ms: float
    client: str | None


class AccessLog:
    """Collects lines for a moment and writes them at once: a write a request costs more than the line itself."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._second = 0
        self._text = ""

    def say(self, method: str, path: str, status: int, duration_ms: float, client: str | None) -> None:
        """Tell of one request, in a running event loop."""
        if not path.isprintable():
            # As JSON it is whole, but some readers and terminals obey more than the end of a line.
            path = quote(path)
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self.flush)
        line = Line(
            self._now(), "info", "service.access", "request", method, path, status, duration_ms, client
        )
        self._lines.append(_encode(line))

    def tell_failed_probe(self, scope: Scope) -> None:
        """Successful ones would fill the log; how long one takes nobody asks, since it is answered from memory."""
        client = scope.get("client")
        self.say(scope["method"], scope["path"], 503, 0.0, client[0] if client else None)

    def flush(self) -> None:
        """Write what was said; once more when the process is about to end."""
        sys.stdout.write(b"\n".join([*self._lines, b""]).decode())
        sys.stdout.flush()
        self._lines.clear()

    def _now(self) -> str:
        """ISO 8601 in UTC; what stays the same for a second is written once a second."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second, self._text = second, datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return f"{self._text}.{int((now - second) * 1000):03}+00:00"
