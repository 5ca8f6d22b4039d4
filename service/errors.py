"""Problem details (RFC 9457): every way in which the API says no, from a closed vocabulary."""

import logging
from enum import Enum
from typing import Any, TypeVar

import asyncpg
import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.gate.rounds import POLL_S

T = TypeVar("T")

MEDIA_TYPE = "application/problem+json"
# A gate that is shut looks again as often.
RETRY_AFTER = ("Retry-After", f"{POLL_S:.0f}")
# What a constraint of ours says to a client: where, and what was expected there.
CONFLICTS = {
    "uq_user_account_subject": ("$.subject", "Expected one that no account has yet"),
    "uq_user_account_player_id": ("$.player_id", "Expected a player whom no other account is"),
    "fk_user_account_player_id_player": ("$.player_id", "Expected a player that exists"),
    "fk_appearance_player_id_player": ("$", "Expected line-ups of players that exist"),
}

log = logging.getLogger(__name__)


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


def respond(request: Request, problem: Problem) -> Response:
    """The problem as an answer."""
    content = msgspec.json.encode(document(problem, request.url.path))
    return Response(content, problem.kind.status, problem.headers, MEDIA_TYPE)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - Starlette's handlers are typed for any exception
    return respond(request, error)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    kinds = {kind.status: kind for kind in Kind}
    kind, headers = kinds.get(error.status_code, Kind.INTERNAL), error.headers or {}
    details = {
        Kind.NOT_FOUND: "nothing has this path: /openapi.json lists those there are",
        Kind.NO_SUCH_METHOD: f"found {request.method}, expected one of {headers.get('Allow')}",
    }
    problem = Problem(kind, details.get(kind, ""))
    problem.headers.update(headers)
    return respond(request, problem)


def _conflict(request: Request, error: Exception) -> Response:
    known = CONFLICTS.get(getattr(error, "constraint_name", None) or "")
    if known is None:
        return respond(
            request, Problem(Kind.CONFLICT, "it exists already, or refers to something that does not")
        )
    return respond(request, Problem.at(*known, kind=Kind.CONFLICT))


def _unavailable(request: Request, _error: Exception) -> Response:
    return respond(request, unavailable("the database did not answer in time"))


def _overtaken(request: Request, _error: Exception) -> Response:
    return respond(request, unavailable("others were changing the same: nothing was changed, try it again"))


def _internal(request: Request, _error: Exception) -> Response:
    return respond(request, Problem(Kind.INTERNAL, "the log of this pod says more"))


def _unforeseen(request: Request, error: Exception) -> Response:
    """Of what a handler takes, nobody else tells the log."""
    log.error("validation let pass what the database does not take", exc_info=error)
    return _internal(request, error)


HANDLERS: dict[Any, Any] = {
    Problem: _problem,
    HTTPException: _http,
    asyncpg.UniqueViolationError: _conflict,
    asyncpg.ForeignKeyViolationError: _conflict,
    asyncpg.PostgresConnectionError: _unavailable,
    asyncpg.OperatorInterventionError: _unavailable,
    asyncpg.TransactionRollbackError: _overtaken,
    asyncpg.InsufficientResourcesError: _unavailable,
    asyncpg.InterfaceError: _unavailable,
    OSError: _unavailable,
    TimeoutError: _unavailable,
    # A value that asyncpg could not encode is a hole in our validation, though an InterfaceError to asyncpg.
    asyncpg.exceptions.DataError: _unforeseen,
    Exception: _internal,
}
