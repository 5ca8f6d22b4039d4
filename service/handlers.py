"""Which problem each exception is to a client, whoever raised it."""

import logging
from typing import Any

import asyncpg
from starlette.exceptions import HTTPException
from starlette.requests import Request

from service.answers import Answer
from service.errors import Kind, Problem, respond, unavailable

# What a constraint of ours says to a client: where, and what was expected there.
CONFLICTS = {
    "uq_user_account_subject": ("$.subject", "Expected one that no account has yet"),
    "uq_user_account_player_id": ("$.player_id", "Expected a player whom no other account is"),
    "fk_user_account_player_id_player": ("$.player_id", "Expected a player that exists"),
    "fk_appearance_player_id_player": ("$", "Expected line-ups of players that exist"),
}

log = logging.getLogger(__name__)


def _problem(request: Request, error: Exception) -> Answer:
    assert isinstance(error, Problem)  # noqa: S101 - Starlette's handlers are typed for any exception
    return respond(request, error)


def _http(request: Request, error: Exception) -> Answer:
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


def _conflict(request: Request, error: Exception) -> Answer:
    known = CONFLICTS.get(getattr(error, "constraint_name", None) or "")
    if known is None:
        return respond(
            request, Problem(Kind.CONFLICT, "it exists already, or refers to something that does not")
        )
    return respond(request, Problem.at(*known, kind=Kind.CONFLICT))


def _unavailable(request: Request, _error: Exception) -> Answer:
    return respond(request, unavailable("the database did not answer in time"))


def _overtaken(request: Request, _error: Exception) -> Answer:
    return respond(request, unavailable("others were changing the same: nothing was changed, try it again"))


def _internal(request: Request, _error: Exception) -> Answer:
    return respond(request, Problem(Kind.INTERNAL, "the log of this pod says more"))


def _unforeseen(request: Request, error: Exception) -> Answer:
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


def answer_to(request: Request, error: Exception) -> Answer:
    """What a request is told that ended with `error`."""
    handler = next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)
    if handler is _internal:
        log.error("a request could not be answered", exc_info=error)
    answer: Answer = handler(request, error)
    return answer
