"""Spares a client what it has already: 304 where its If-None-Match names what it would get."""

from hashlib import sha256

from service.answers import Answer
from service.request import Request

# Who asked is who gets it, and it is asked for again before it is shown again.
CACHED = (b"cache-control", b"private, no-cache")
KEPT = (b"cache-control", b"link")


def marked(answer: Answer) -> Answer:
    """`answer` with a tag, by which a client says next time what it has."""
    answer.headers.append(CACHED)
    if answer.etag is None:
        answer.etag = f'W/"{digest(answer.body)}"'
    return answer


def unless_known(request: Request, answer: Answer) -> Answer:
    """`answer`, or 304 where it is marked and the client knows it."""
    known = request.header(b"if-none-match")
    if known is None or answer.etag is None or not names(known, answer.etag):
        return answer
    return Answer(304, b"", [header for header in answer.headers if header[0] in KEPT], answer.etag)


def names(known: str, etag: str) -> bool:
    """Whether a list of tags holds this one, weak or not, as RFC 9110 compares them for reading."""
    if known.strip() == "*":
        return True
    return etag.removeprefix("W/") in {one.strip().removeprefix("W/") for one in known.split(",")}


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]
