"""What becomes of a request whose time is over: 503, or the end of an answer that has begun."""

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

from service.admission import Admission
from service.gate.answers import Message, Receive, Scope, Send
from service.gate.gate import Gate

OPEN = cast("Gate", SimpleNamespace(serving=nullcontext, verdict=SimpleNamespace(ready=True)))
START: Message = {"type": "http.response.start", "status": 200, "headers": []}


def sent(app: Any) -> list[Message]:
    """What is sent of an application that never ends."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def run() -> None:
        await Admission(app, OPEN, 0.01)({"type": "http", "path": "/api/v1/x"}, cast("Receive", None), send)

    try:
        asyncio.run(run())
    except TimeoutError:
        messages.append({"type": "cut off"})
    return messages


def test_who_was_not_answered_is_told() -> None:
    """503 and why, as a problem."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.Event().wait()

    start, body = sent(app)
    assert start["status"] == 503
    assert b"took longer than 0.01 s" in body["body"]


def test_an_answer_that_has_begun_gets_no_second_head() -> None:
    """Of a client that does not take it the server is told by the error, and cuts it off."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        await asyncio.Event().wait()

    assert sent(app) == [START, {"type": "cut off"}]
