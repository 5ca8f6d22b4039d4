"""How an answer leaves: one that comes whole is one write, its head with its body."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset({b"connection", b"transfer-encoding"})
CR, LF = b"\r\n"


class Exchange:
    """Sends one answer: its head waits for what follows, as ASGI lets a server do.

    Only what is routine is written here; uvicorn writes, or refuses, everything else.
    """

    __slots__ = ("_cycle", "_start")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._start: Any = None  # the head, while it waits

    async def send(self, message: Any) -> None:
        cycle, start = self._cycle, self._start
        if start is None:
            if message["type"] == "http.response.start" and is_routine(cycle):
                self._start = message
            else:
                await cycle.send(message)
            return
        self._start = None
        body = message.get("body", b"")
        head = head_of([*cycle.default_headers, *start.get("headers", ())], body)
        if head is None or message.get("more_body") or not is_routine(cycle):
            await cycle.send(start)
            await cycle.send(message)
            return
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(b"".join((STATUS_LINE[start["status"]], head, body)))
        cycle.message_event.set()
        cycle.on_response()


def is_routine(cycle: RequestResponseCycle) -> bool:
    """Whether nobody has to be waited for, or told more than the answer itself."""
    return (
        cycle.keep_alive
        and not (cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log)
        and cycle.scope["method"] != "HEAD"
    )


def head_of(headers: Headers, body: bytes) -> bytes | None:
    """The headers as they are sent; None unless they say that `body` is all, and nothing of the connection."""
    names = [name for name, _ in headers]
    # ASGI has them in small letters; uvicorn makes them so.
    is_plain = b"".join(names).islower() and HOP_BY_HOP.isdisjoint(names)
    if not is_plain or names.count(b"content-length") != 1:
        return None
    lines = [*map(b": ".join, headers)]
    text = b"".join(lines)
    # Whoever got the end of a line into a header would write the next one.
    if b"content-length: %d" % len(body) not in lines or CR in text or LF in text:
        return None
    return b"\r\n".join([*lines, b"\r\n"])
