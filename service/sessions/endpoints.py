"""Sessions: create, list, read, change, and move from state to state."""

from datetime import UTC, datetime

from msgspec import UNSET

from service.answers import Answer
from service.editions import created, stale, tagged
from service.errors import Kind, Problem, found
from service.matches import queries as matches
from service.matches.counting import count_in
from service.matches.season import season_of
from service.paging import page
from service.request import Request
from service.resource import Resource, changes, reads, writes
from service.sessions import queries
from service.sessions.models import (
    YEARS,
    NewSession,
    Session,
    SessionChange,
    SessionKey,
    SessionsPage,
    SessionsQuery,
)
from service.sessions.states import may_become, what_follows
from service.statement import Connection
from service.validation import given, path_id
from service.work import unit_of_work

# A day before the first year begins anywhere.
BEFORE_ALL = datetime(YEARS[0] - 1, 12, 31, tzinfo=UTC)


async def create_session(request: Request, new: NewSession) -> Answer:
    starts_at = sensible(new.starts_at)
    session = await queries.CREATE.only(request.pool, starts_at, new.venue, new.players_a_side)
    return created(session, f"{request.url.path}/{session.id}")


async def list_sessions(request: Request, query: SessionsQuery) -> Answer:
    since = BEFORE_ALL if query.since is UNSET else sensible(query.since, "$.since")
    after = query.key(SessionKey, SessionKey(since, 0))
    time = sensible(after.starts_at, "$.after", range(BEFORE_ALL.year, YEARS.stop + 1))
    sessions = await queries.LIST.all(request.pool, time, after.id, query.limit + 1)
    return page(request, query, sessions, lambda session: SessionKey(session.starts_at, session.id))


async def read_session(request: Request) -> Answer:
    session_id = path_id(request, "session_id")
    session = await request.gathering.one(queries.READ, session_id)
    return tagged(found(session, "session", session_id))


async def change_session(request: Request, edition: int, change: SessionChange) -> Answer:
    session_id = path_id(request, "session_id")
    starts_at = None if change.starts_at is UNSET else sensible(change.starts_at)
    values = [given(value) for value in (change.venue, change.players_a_side, change.state)]

    async def work(connection: Connection) -> Session:
        session = found(await queries.LOCK.one(connection, session_id), "session", session_id)
        if session.edition != edition:
            raise stale()
        if change.state is not UNSET and not may_become(session.state, change.state):
            raise Problem(
                Kind.CONFLICT,
                f"the session is {session.state} and cannot become {change.state}",
                errors=[{"path": "$.state", "problem": what_follows(session.state)}],
            )
        if change.state == "cancelled":
            await _must_not_count(connection, session_id)
        if starts_at is not None:
            await count_in(connection, session_id, season_of(starts_at))
        return await queries.CHANGE.only(connection, session_id, starts_at, *values)

    return tagged(await unit_of_work(request.pool, work))


async def _must_not_count(connection: Connection, session_id: int) -> None:
    final = await matches.FINAL_OF_SESSION.one(connection, session_id)
    if final is not None:
        raise Problem(
            Kind.CONFLICT,
            f"match {final.id} of the session is final, so it was not cancelled: set it to played",
        )


def sensible(time: datetime, path: str = "$.starts_at", years: range = YEARS) -> datetime:
    """A time in years that PostgreSQL, Python and people agree on, whatever its offset."""
    if time.year not in years:
        raise Problem.at(path, f"Expected a year from {years[0]} to {years[-1]}")
    return time


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
        {"GET": reads(read_session, Session), "PATCH": changes(change_session, Session, body=SessionChange)},
    ),
]
