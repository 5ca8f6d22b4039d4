"""Problem details (RFC 9457): every way in which the API says no, from a closed vocabulary."""

from enum import Enum
from typing import TypeVar

from starlette.requests import Request

from service.answers import Answer
from service.gate.rounds import POLL_S

T = TypeVar("T")

MEDIA_TYPE = "application/problem+json"
# A gate that is shut looks again as often.
RETRY_AFTER = ("retry-after", f"{POLL_S:.0f}")


class Kind(Enum):
    """The kinds of problem; each one's name is the end of its `type`."""

    MALFORMED = 400, "The body is not JSON"
    UNAUTHENTICATED = 401, "A valid bearer token is needed"
    FORBIDDEN = 403, "The token's role does not suffice"
    NOT_FOUND = 404, "There is no such thing"
    NO_SUCH_METHOD = 405, "The resource does not take this method"
    CONFLICT = 409, "The state of things does not allow it"
    STALE = 412, "It was changed since you read it"
    TOO_LARGE = 413, "The body is too large"
    NOT_JSON = 415, "The body must be application/json"
    INVALID = 422, "The request is not what the resource takes"
    UNCONDITIONAL = 428, "A change needs If-Match"
    INTERNAL = 500, "Something here went wrong"
    UNAVAILABLE = 503, "The service cannot answer now"

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def title(self) -> str:
        return self.value[1]

    @property
    def type(self) -> str:
        return f"urn:calcio:problem:{self.name.lower().replace('_', '-')}"


class Problem(Exception):  # noqa: N818 - an answer, not an accident
    """An answer that is no success: `detail` says what was found, what was expected, and what helps."""

    def __init__(self, kind: Kind, detail: str = "", **extensions: object) -> None:
        super().__init__(kind.title)
        self.kind = kind
        self.detail = detail
        self.extensions = extensions
        self.headers: dict[str, str] = {}

    @classmethod
    def at(cls, path: str, problem: str, kind: Kind = Kind.INVALID) -> "Problem":
        """What is wrong with one field of the request."""
        return cls(kind, f"{problem} at {path}", errors=[{"path": path, "problem": problem}])


def unauthenticated(detail: str) -> Problem:
    problem = Problem(Kind.UNAUTHENTICATED, detail)
    problem.headers["WWW-Authenticate"] = "Bearer"
    return problem


def not_found(noun: str, key: object) -> Problem:
    return Problem(Kind.NOT_FOUND, f"no {noun} {key} was found")


def found(thing: T | None, noun: str, key: object) -> T:
    """The thing, where there is one."""
    if thing is None:
        raise not_found(noun, key)
    return thing


def unavailable(detail: str) -> Problem:
    problem = Problem(Kind.UNAVAILABLE, detail)
    problem.headers.update([RETRY_AFTER])
    return problem


def document(problem: Problem, path: str) -> dict[str, object]:
    """The problem of a request to this path, as JSON has it."""
    kind = problem.kind
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail or kind.title,
        "instance": path,
        **problem.extensions,
    }


def respond(request: Request, problem: Problem) -> Answer:
    """The problem as an answer."""
    content = document(problem, request.url.path)
    answer = Answer.of(content, problem.kind.status, media_type=MEDIA_TYPE.encode())
    for name, value in problem.headers.items():
        answer.add(name.lower().encode(), value)
    return answer
