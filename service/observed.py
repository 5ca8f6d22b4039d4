"""Tells the log and the metrics of each request: what was asked, what came of it, how long it took."""

import time
from collections.abc import Awaitable

from service.access_log import AccessLog
from service.api import NOUNS
from service.gate.answers import App, Message, Receive, Scope, Send
from service.routing import noun_of
from service.shutdown import Shutdown
from service.tally import Tally

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# A client that keeps its connection would come back to a pod that is leaving.
CLOSE = (b"connection", b"close")
RESOURCES = frozenset(noun.__name__.split(".")[-2] for noun in NOUNS)


class Observed:
    """Passes each request on, and looks at its answer."""

    def __init__(self, app: App, tally: Tally, log: AccessLog, shutdown: Shutdown) -> None:
        self._app = app
        self._tally = tally
        self._log = log
        self._shutdown = shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        def looking(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._shutdown.has_begun:
                    message = {**message, "headers": [*message["headers"], CLOSE]}
            return send(message)

        try:
            await self._app(scope, receive, looking)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, duration_s: float) -> None:
        method, path = scope["method"], scope["path"]
        self._tally.observe(method if method in METHODS else "other", resource_of(path), status, duration_s)
        client = scope.get("client")
        self._log.say(method, path, status, duration_s, client[0] if client else None)


def resource_of(path: str) -> str:
    """A label from a closed set, whatever a client asks for."""
    noun = noun_of(path)
    return noun if noun in RESOURCES else "other"
