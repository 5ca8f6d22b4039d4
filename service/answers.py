"""Successful answers: JSON by msgspec, with an ETag where the thing can be changed."""

import re
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.conditional import digest
from service.errors import Kind, Problem

_encode = msgspec.json.Encoder().encode
# As an ETag; nothing is changed a milliard times. What follows tells what else the answer showed.
EDITION = r'^"([0-9]{1,9})(-[0-9a-f]{16})?"$'


class Editioned(Protocol):
    """A thing that counts its changes."""

    @property
    def edition(self) -> int: ...


class Answer(Response):
    """`content` as JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return _encode(content)


def tagged(thing: Editioned, status: int = 200, location: str | None = None) -> Answer:
    """The thing with its ETag."""
    headers = {"ETag": f'"{thing.edition}"'}
    if location is not None:
        headers["Location"] = location
    return Answer(thing, status, headers)


def tagged_whole(thing: Editioned) -> Answer:
    """The thing with an ETag of its edition and of all that is shown with it, such as the names of others."""
    answer = Answer(thing)
    answer.headers["ETag"] = f'"{thing.edition}-{digest(answer)}"'
    return answer


def expected_edition(request: Request) -> int:
    """The edition that the client believes it is changing."""
    header = request.headers.get("if-match")
    if header is None:
        raise Problem(Kind.UNCONDITIONAL, "read it first, and send its ETag as If-Match")
    found = re.match(EDITION, header)
    if found is None:
        raise Problem.at("If-Match", "Expected the ETag of what is changed, as it was read")
    return int(found[1])


def stale() -> Problem:
    return Problem(Kind.STALE, "If-Match is not the ETag it has now: read it again and repeat the change")
