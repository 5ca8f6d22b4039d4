"""Sessions: create, list, read, change, and move from state to state."""

from datetime import UTC, datetime

from msgspec import UNSET
from starlette.requests import Request

from service.answers import Answer, expected_edition, stale, tagged
from service.errors import Kind, Problem, found
from service.paging import page
from service.resource import Resource, reads, writes
from service.sessions import queries
from service.sessions.models import (
    NewSession,
    Session,
    SessionChange,
    SessionKey,
    SessionsPage,
    SessionsQuery,
)
from service.sessions.states import may_become
from service.statement import Connection
from service.validation import given, path_id
from service.work import unit_of_work

FIRST_YEAR, LAST_YEAR = 2001, 2998
BEFORE_ALL = datetime(FIRST_YEAR - 1, 1, 1, tzinfo=UTC)


async def create_session(request: Request, new: NewSession) -> Answer:
    starts_at = sensible(new.starts_at)
    async with request.state.pool.acquire() as connection:
        session = await queries.CREATE.only(connection, starts_at, new.venue, new.players_a_side)
    return tagged(session, 201, f"{request.url.path}/{session.id}")


async def list_sessions(request: Request, query: SessionsQuery) -> Answer:
    since = sensible(query.since) if query.since is not None else BEFORE_ALL
    after = query.key(SessionKey, SessionKey(since, 0))
    async with request.state.pool.acquire() as connection:
        sessions = await queries.LIST.all(connection, sensible(after.starts_at), after.id, query.limit + 1)
    return page(request, query, sessions, lambda session: SessionKey(session.starts_at, session.id))


async def read_session(request: Request) -> Answer:
    session_id = path_id(request, "session_id")
    async with request.state.pool.acquire() as connection:
        session = await queries.READ.one(connection, session_id)
    return tagged(found(session, "session", session_id))


async def change_session(request: Request, change: SessionChange) -> Answer:
    session_id, edition = path_id(request, "session_id"), expected_edition(request)
    starts_at = None if change.starts_at is UNSET else sensible(change.starts_at)
    values = [given(value) for value in (change.venue, change.players_a_side, change.state)]

    async def work(connection: Connection) -> Session:
        session = found(await queries.LOCK.one(connection, session_id), "session", session_id)
        if session.edition != edition:
            raise stale()
        if change.state is not UNSET and not may_become(session.state, change.state):
            raise Problem(Kind.CONFLICT, f"the session is {session.state} and can not become {change.state}")
        return await queries.CHANGE.only(connection, session_id, starts_at, *values)

    return tagged(await unit_of_work(request.state.pool, work))


def sensible(starts_at: datetime) -> datetime:
    """A time that any calendar of ours can show, whatever its offset."""
    if not FIRST_YEAR - 1 <= starts_at.year <= LAST_YEAR:
        raise Problem.at("$.starts_at", f"Expected a year from {FIRST_YEAR} to {LAST_YEAR}")
    return starts_at


routes = [
    Resource(
        "/sessions",
        {
            "GET": reads(list_sessions, SessionsPage, query=SessionsQuery),
            "POST": writes(create_session, Session, body=NewSession, status=201),
        },
    ),
    Resource(
        "/sessions/{session_id:int}",
        {"GET": reads(read_session, Session), "PATCH": writes(change_session, Session, body=SessionChange)},
    ),
]
