"""Whole HTTP answers as ASGI messages, made once and sent as often as anyone asks."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Self

from db.contract.value import Value

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
_JSON = JSON.encode()


class Answer(Value):
    """A status, headers and a body."""

    start: Message
    body: Message

    @classmethod
    def of(cls, status: int, kind: str, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> Self:
        named = [
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            *headers,
        ]
        encoded = [(name.encode(), value.encode()) for name, value in named]
        return cls(
            {"type": "http.response.start", "status": status, "headers": encoded},
            {"type": "http.response.body", "body": body},
        )

    @classmethod
    def text(cls, status: int, text: str) -> Self:
        return cls.of(status, TEXT, text.encode())

    @classmethod
    def json(
        cls, status: int, value: object, kind: str = JSON, headers: Iterable[tuple[str, str]] = ()
    ) -> Self:
        return cls.of(status, kind, json.dumps(value).encode(), headers)

    async def send(self, send: Send) -> None:
        await send(self.start)
        await send(self.body)


def wants_json(scope: Scope) -> bool:
    """Whether the client asked for JSON by name."""
    for name, value in scope["headers"]:  # noqa: SIM110 - each probe asks this, and a generator costs more than the answer
        if name == b"accept" and _JSON in value:
            return True
    return False
