"""HTTP/1.1 with an end to a request's head, in bytes and in time until it is whole, and to a connection's rest."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.exchange import Exchange

HEAD_BYTES_MAX = 64 * 1024
NEVER = float("inf")


class BoundedProtocol(HttpToolsProtocol):
    """One connection; whoever sends a head without end is told so, whoever is too slow loses the connection.

    One timer looks after all that it waits for, where uvicorn makes one for each answer.
    """

    head_within_s = 10.0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes = 0  # of a head that has begun
        self._in_head = True
        self._ends_at = NEVER  # when what is waited for is too late, on the loop's clock
        self._looks_at = NEVER  # when the timer looks whether it is
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own
        super().connection_made(transport)
        self._expect_within(self.head_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
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
        else:
            self._expect_within(self.head_within_s)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes, self._ends_at = False, 0, NEVER
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._expect_within(self.timeout_keep_alive)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        def answering(scope: Any, receive: Any, _send: Any) -> Any:
            return app(scope, receive, Exchange(cycle).send)

        super()._start_asgi_task(cycle, answering)

    def _expect_within(self, seconds: float) -> None:
        """Close the connection in `seconds`, unless a head is whole by then or was to be earlier."""
        self._ends_at = min(self._ends_at, self.loop.time() + seconds)
        if self._ends_at < self._looks_at:
            self._look_at(self._ends_at)

    def _look_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at, self._timer = moment, self.loop.call_at(moment, self._look)

    def _look(self) -> None:
        self._looks_at, self._timer = NEVER, None
        if self._ends_at > self.loop.time():
            if self._ends_at < NEVER:
                self._look_at(self._ends_at)
        elif not self.transport.is_closing():
            self.transport.close()
