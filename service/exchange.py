"""How an answer leaves: one that comes whole is one write, its head with its body."""

from collections.abc import Awaitable, Generator
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE, RequestResponseCycle

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset({b"connection", b"transfer-encoding"})
# In a header's value; what uvicorn refuses there.
CONTROLS = bytes({*range(0x20), 0x7F} - {ord("\t")})


class Done:
    """What is awaited where there is nothing to wait for; a coroutine for it would be made each time."""

    def __await__(self) -> Generator[None, None, None]:
        return iter(())  # type: ignore[return-value]  # any iterator will do


DONE = Done()


class Exchange:
    """Sends one answer: its head waits for what follows, as ASGI lets a server do.

    Only what is routine is written here; uvicorn writes, or refuses, everything else.
    """

    __slots__ = ("_cycle", "_start")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._start: Any = None  # the head, while it waits

    def send(self, message: Any) -> Awaitable[None]:
        cycle, start = self._cycle, self._start
        if start is None:
            if message["type"] != "http.response.start" or not is_routine(cycle):
                return cycle.send(message)
            self._start = message
            return DONE
        self._start = None
        body = message.get("body", b"")
        head = head_of([*cycle.default_headers, *start.get("headers", ())], body)
        if head is None or message.get("more_body") or not is_routine(cycle):
            return send_both(cycle, start, message)
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(b"".join((STATUS_LINE[start["status"]], head, body)))
        cycle.message_event.set()
        cycle.on_response()
        return DONE


async def send_both(cycle: RequestResponseCycle, start: Any, message: Any) -> None:
    await cycle.send(start)
    await cycle.send(message)


def is_routine(cycle: RequestResponseCycle) -> bool:
    """Whether nobody has to be waited for, or told more than the answer itself."""
    return (
        cycle.keep_alive
        and not (cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log)
        and cycle.scope["method"] != "HEAD"
    )


def head_of(headers: Headers, body: bytes) -> bytes | None:
    """The headers as they are sent; None unless they say that `body` is all, and nothing of the connection."""
    if not are_routine(tuple([name for name, _ in headers])):
        return None
    lines = [*map(b": ".join, headers)]
    text = b"".join(lines)
    # Whoever got the end of a line into a header would write the next one.
    if b"content-length: %d" % len(body) not in lines or len(text.translate(None, CONTROLS)) < len(text):
        return None
    return b"\r\n".join([*lines, b"\r\n"])


@lru_cache
def are_routine(names: tuple[bytes, ...]) -> bool:
    """Whether headers of these names may be sent as they are, one of them the length; there are few such sets."""
    # ASGI has them in small letters; uvicorn makes them so.
    are_fine = all(name.islower() and not HEADER_RE.search(name) for name in names)
    return are_fine and names.count(b"content-length") == 1 and HOP_BY_HOP.isdisjoint(names)
