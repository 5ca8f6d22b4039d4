"""Things that count their changes: the ETag that says which edition was read, and the If-Match that brings it back."""

import re
from typing import Protocol

from service.answers import Answer
from service.conditional import digest
from service.errors import Kind, Problem
from service.request import Request

# As an ETag; nothing is changed a milliard times. What follows tells what else the answer showed.
EDITION = r'^"([0-9]{1,9})(-[0-9a-f]{16})?"$'


class Editioned(Protocol):
    """A thing that counts its changes."""

    @property
    def edition(self) -> int: ...


def tagged(thing: Editioned) -> Answer:
    """The thing with its ETag."""
    return Answer.of(thing, etag=f'"{thing.edition}"')


def created(thing: Editioned, location: str) -> Answer:
    """The thing that was made, and where it is to be found."""
    return Answer.of(thing, 201, f'"{thing.edition}"').add(b"location", location)


def tagged_whole(thing: Editioned) -> Answer:
    """The thing with an ETag of its edition and of all that is shown with it, such as the names of others."""
    answer = Answer.of(thing)
    answer.etag = f'"{thing.edition}-{digest(answer.body)}"'
    return answer


def expected_edition(request: Request) -> int:
    """The edition that the client believes it is changing."""
    header = request.header(b"if-match")
    if header is None:
        raise Problem(Kind.UNCONDITIONAL, "read it first, and send its ETag as If-Match")
    found = re.match(EDITION, header)
    if found is None:
        raise Problem.at("If-Match", "Expected the ETag of what is changed, as it was read")
    return int(found[1])


def stale() -> Problem:
    return Problem(Kind.STALE, "If-Match is not the ETag it has now: read it again and repeat the change")
