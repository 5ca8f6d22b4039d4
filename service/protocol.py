"""HTTP/1.1 with an end to a request's head: in bytes, and in time until it is whole."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.exchange import Exchange

HEAD_BYTES_MAX = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """One connection; whoever sends a head without end is told so, whoever is too slow loses the connection."""

    head_within_s = 10.0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes = 0  # of a head that has begun
        self._in_head = True
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own
        super().connection_made(transport)
        self._expect_the_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # One read may be larger than a head: the parser is given no more of it than a head may have.
        while len(data) > (room := HEAD_BYTES_MAX - self._head_bytes):
            self._take(data[:room])
            if self.transport.is_closing():
                return
            data = data[room:]
        self._take(data)

    def _take(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._in_head or not self._head_bytes or self.transport.is_closing():
            return
        if self._head_bytes == HEAD_BYTES_MAX:
            self.send_400_response(f"A request's head may have {HEAD_BYTES_MAX} bytes.")
        elif self._late is None:
            self._expect_the_rest()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        if self._late is not None:
            self._expect_no_more()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        def answering(scope: Any, receive: Any, _send: Any) -> Any:
            return app(scope, receive, Exchange(cycle).send)

        super()._start_asgi_task(cycle, answering)

    def _expect_the_rest(self) -> None:
        self._late = self.loop.call_later(self.head_within_s, self._give_up)

    def _expect_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self.transport.close()
