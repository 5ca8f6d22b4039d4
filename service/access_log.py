"""The access log: a line of JSON a request, as the other logs have it, at a fraction of what logging costs."""

import asyncio
import sys
import time
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from service.gate.answers import Scope

FLUSH_AFTER_S = 0.05

_encode_lines = msgspec.json.Encoder().encode_lines
# When, method, path, status, duration in seconds, client.
Told = tuple[float, str, str, int, float, str | None]


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
    """Collects what is told for a moment and writes it at once: a write a request costs more than the line itself."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._moment = 0  # in milliseconds, as it was written last
        self._written = ""

    def say(self, method: str, path: str, status: int, duration_s: float, client: str | None) -> None:
        """Tell of one request, in a running event loop."""
        if not path.isprintable():
            # As JSON it is whole, but some readers and terminals obey more than the end of a line.
            path = quote(path)
        if not self._told:
            asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self.flush)
        self._told.append((time.time(), method, path, status, duration_s, client))

    def tell_failed_probe(self, scope: Scope) -> None:
        """Successful ones would fill the log; how long one takes nobody asks, since it is answered from memory."""
        client = scope.get("client")
        self.say(scope["method"], scope["path"], 503, 0.0, client[0] if client else None)

    def flush(self) -> None:
        """Write what was said; once more when the process is about to end."""
        told, self._told = self._told, []
        lines = _encode_lines([self._line(*one) for one in told])
        sys.stdout.flush()
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()

    def _line(
        self, at: float, method: str, path: str, status: int, duration_s: float, client: str | None
    ) -> Line:
        # `round` to digits would take longer than all else here.
        duration_ms = round(duration_s * 100_000) / 100
        at_ = self._iso(at)
        return Line(at_, "info", "service.access", "request", method, path, status, duration_ms, client)

    def _iso(self, at: float) -> str:
        """ISO 8601 in UTC; written once for all requests of a millisecond."""
        moment = int(at * 1000)
        if moment != self._moment:
            self._moment = moment
            self._written = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
        return self._written
