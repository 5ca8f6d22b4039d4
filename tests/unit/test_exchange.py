"""What an application sends reaches the client as uvicorn itself would have sent it, byte by byte."""

import asyncio
from collections.abc import Sequence
from typing import Any

import uvicorn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.protocol import BoundedProtocol

BODIES = st.sampled_from([b"", b"ok", b"x" * 3000])
HEADERS = st.sampled_from(
    [
        (b"content-type", b"text/plain"),
        (b"content-length", b"0"),
        (b"content-length", b"2"),
        (b"content-length", b"3000"),
        (b"content-length", b"03"),
        (b"Content-Length", b"2"),
        (b"connection", b"close"),
        (b"Connection", b"close"),
        (b"X-Y", b"Z"),
        (b"connection", b"keep-alive, close"),
        (b"transfer-encoding", b"chunked"),
        (b"link", b"</a?b=\xe9>; rel=next"),
        (b"link", b"</a>\r\nx: y"),
        (b"link", b"</a>\n"),
        (b"link", b"\r"),
        (b"link", b"a\x00b"),
        (b"link", b"a\tb"),
        (b"link", b"a\x7f"),
        (b"li nk", b"y"),
        (b"li\nnk", b"y"),
    ]
)


@st.composite
def messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Mostly a head and a body, whose length the head mostly says; sometimes in pieces, in disorder or cut short."""
    body = draw(BODIES)
    headers = draw(st.lists(HEADERS, max_size=3))
    if draw(st.booleans()):
        headers.append((b"content-length", b"%d" % len(body)))
    start = {
        "type": "http.response.start",
        "status": draw(st.sampled_from([200, 204, 304, 404])),
        "headers": headers,
    }
    if not headers and draw(st.booleans()):
        del start["headers"]
    pieces = [body[:1], body[1:]] if draw(st.booleans()) else [body]
    bodies = [
        {"type": "http.response.body", "body": piece, "more_body": place < len(pieces)}
        for place, piece in enumerate(pieces, start=1)
    ]
    more: list[dict[str, Any]] = draw(
        st.sampled_from([[], [], [], [start], [{"type": "http.response.body", "body": b"more"}]])
    )
    whole: list[dict[str, Any]] = [start, *bodies, *more]
    return draw(st.sampled_from([whole, whole, bodies, []]))


async def answers(protocol: type[HttpToolsProtocol], sent: Sequence[Any], *requests: bytes) -> bytes:
    """All that a client gets who asks twice, of an application that answers the first with `sent`."""
    asked = 0

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        fine = [{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}]
        for message in sent if asked == 1 else [*fine, {"type": "http.response.body", "body": b"last"}]:
            if isinstance(message, Exception):
                raise message
            await send(message)

    config = uvicorn.Config(app, http=protocol, log_config=None, log_level="critical", access_log=False)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"today")]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"".join(requests))
        found = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
    return found


def request(method: str = "GET", version: str = "1.1", more: str = "") -> bytes:
    return f"{method} / HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode()


LAST = request(more="Connection: close\r\n")


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
BODY = {"type": "http.response.body", "body": b"ok"}
CAPITALS = [(b"X-Y", b"Z"), (b"content-length", b"2")]


@example([{**START, "headers": CAPITALS}, BODY], "GET", "1.1")
@settings(max_examples=300, deadline=None)
@given(messages(), st.sampled_from(["GET", "GET", "HEAD"]), st.sampled_from(["1.1", "1.1", "1.0"]))
def test_the_client_gets_what_uvicorn_would_have_sent(sent: list[Any], method: str, version: str) -> None:
    """Whatever an application sends: in pieces, with a wrong length, a broken header, or not at all."""
    asked = [request(method, version), LAST]
    expected = asyncio.run(answers(HttpToolsProtocol, sent, *asked))
    assert asyncio.run(answers(BoundedProtocol, sent, *asked)) == expected


def test_an_answer_leaves_in_the_order_of_the_requests() -> None:
    """Requests that came together are answered one after the other, each whole."""
    found = asyncio.run(answers(BoundedProtocol, [START, BODY], request(), request(), LAST))
    assert [part[-4:] for part in found.split(b"HTTP/1.1 200 OK\r\n")[1:]] == [b"\r\nok", b"last", b"last"]


def test_what_fails_before_its_body_is_a_500() -> None:
    """No head left that promised a body, so that the client is told."""
    found = asyncio.run(answers(BoundedProtocol, [START, OSError()], request(), LAST))
    assert found.startswith(b"HTTP/1.1 500 ")
