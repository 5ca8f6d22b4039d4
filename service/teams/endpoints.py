"""Teams: the fairest split of those who come, made, stored and read."""

from collections.abc import Sequence
from secrets import randbelow

from service.answers import Answer
from service.errors import Kind, Problem, found, not_found
from service.ratings.skill import NEWCOMER
from service.request import Request
from service.resource import Resource, reads, writes
from service.sessions import queries as sessions
from service.sessions.states import TAKES_TEAMS
from service.statement import Connection
from service.teams import queries
from service.teams.balance import PLAYERS_MAX, Candidate, split
from service.teams.models import Coming, Member, NewTeams, Placed, Teams
from service.validation import path_id
from service.work import unit_of_work


async def make_teams(request: Request, new: NewTeams) -> Answer:
    session_id = path_id(request, "session_id")
    seed = randbelow(2**32) if new.seed is None else new.seed

    async def work(connection: Connection) -> list[Placed]:
        session = found(await sessions.LOCK.one(connection, session_id), "session", session_id)
        if session.state not in TAKES_TEAMS:
            raise Problem(Kind.CONFLICT, f"the session is {session.state}, expected it to be open or locked")
        coming = await queries.COMING.all(connection, session_id, NEWCOMER.mu, PLAYERS_MAX + 1)
        columns = _placed(coming, seed)
        await queries.DISBAND.run(connection, session_id)
        await queries.MAKE.run(connection, session_id, seed, *columns)
        return await queries.READ.all(connection, session_id)

    placed = await unit_of_work(request.pool, work)
    return Answer.of(_teams(session_id, placed), 201).add(b"location", request.url.path)


async def read_teams(request: Request) -> Answer:
    session_id = path_id(request, "session_id")
    placed = await queries.READ.all(request.pool, session_id)
    if not placed:
        raise not_found("team of session", session_id)
    return Answer.of(_teams(session_id, placed))


def _placed(coming: Sequence[Coming], seed: int) -> tuple[list[str], list[int], list[float]]:
    """Columns of side, player and weight."""
    if not 2 <= len(coming) <= PLAYERS_MAX:
        many = f"more than {PLAYERS_MAX}" if len(coming) > PLAYERS_MAX else str(len(coming))
        raise Problem(Kind.CONFLICT, f"{many} said yes, expected 2 to {PLAYERS_MAX}")
    teams = split((Candidate(one.player_id, one.weight, one.preferred_role) for one in coming), seed)
    members = [("home", one) for one in teams.home] + [("away", one) for one in teams.away]
    return [side for side, _ in members], [one.id for _, one in members], [one.weight for _, one in members]


def _teams(session_id: int, placed: Sequence[Placed]) -> Teams:
    sides: dict[str, list[Member]] = {"home": [], "away": []}
    for one in placed:
        sides[one.side].append(Member(one.player_id, one.name, one.weight))
    home, away = (sum(member.weight for member in members) for members in sides.values())
    return Teams(session_id, placed[0].seed, placed[0].created_at, round(abs(home - away), 2), **sides)


routes = [
    Resource(
        "/sessions/{session_id:int}/teams",
        {"GET": reads(read_teams, Teams), "POST": writes(make_teams, Teams, body=NewTeams, status=201)},
    ),
]
