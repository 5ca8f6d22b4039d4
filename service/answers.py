"""What the API answers: a status, a body of JSON and headers, as ASGI has them."""

from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

Header = tuple[bytes, bytes]

JSON = b"application/json"
# They keep a browser from taking an answer for a page.
GUARDS: list[Header] = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]

_encode = msgspec.json.Encoder().encode


class Answer:
    """One answer; its ETag is a header that is written when it is sent."""

    __slots__ = ("body", "etag", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: list[Header], etag: str | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.etag = etag

    @classmethod
    def of(
        cls, content: Any, status: int = 200, etag: str | None = None, media_type: bytes = JSON
    ) -> "Answer":
        """`content` as JSON."""
        body = _encode(content)
        headers = [(b"content-type", media_type), (b"content-length", b"%d" % len(body))]
        return cls(status, body, headers, etag)

    def add(self, name: bytes, value: str) -> "Answer":
        """The same answer with one more header."""
        self.headers.append((name, value.encode("latin-1")))
        return self

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        # A list of its own: this answer may be sent to others, too.
        headers = [*self.headers, *GUARDS]
        if self.etag is not None:
            headers.append((b"etag", self.etag.encode("latin-1")))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
