"""Matches: line-ups from the teams, goals, and the moment from which a match counts."""

from msgspec.structs import asdict

from service.answers import Answer
from service.editions import created, stale, tagged, tagged_whole
from service.errors import Kind, Problem, found
from service.matches import queries
from service.matches.counting import count, recount
from service.matches.goals import score
from service.matches.models import (
    Match,
    MatchesPage,
    MatchesQuery,
    MatchKey,
    NewGoal,
    NewGoals,
    NewMatch,
    Sheet,
)
from service.matches.season import season_of
from service.paging import page
from service.request import Request
from service.resource import Resource, changes, reads, writes
from service.sessions import queries as sessions
from service.sessions.states import TAKES_MATCHES
from service.statement import Connection
from service.teams import queries as teams
from service.validation import ID_MAX, path_id
from service.work import unit_of_work


async def create_match(request: Request, new: NewMatch) -> Answer:
    session_id = path_id(request, "session_id")

    async def work(connection: Connection) -> Match:
        session = found(await sessions.HOLD.one(connection, session_id), "session", session_id)
        if session.state not in TAKES_MATCHES:
            raise Problem(
                Kind.CONFLICT, f"the session is {session.state}, expected it to be locked or played"
            )
        player_ids, sides = await _line_up(connection, session_id, new)
        match = await queries.CREATE.only(connection, session_id, season_of(session.starts_at))
        await queries.LINE_UP.run(connection, match.id, player_ids, sides)
        return match

    match = await unit_of_work(request.pool, work)
    return created(match, f"{request.url.path.partition('/sessions/')[0]}/matches/{match.id}")


async def list_matches(request: Request, query: MatchesQuery) -> Answer:
    below = query.key(MatchKey, MatchKey(ID_MAX))
    matches = await queries.LIST.all(request.pool, below.id, query.limit + 1)
    return page(request, query, matches, lambda match: MatchKey(match.id))


async def list_matches_of_session(request: Request, query: MatchesQuery) -> Answer:
    session_id = path_id(request, "session_id")
    below = query.key(MatchKey, MatchKey(ID_MAX))
    async with request.pool.acquire() as connection:
        found(await sessions.READ.single(connection, session_id), "session", session_id)
        matches = await queries.LIST_OF_SESSION.all(connection, session_id, below.id, query.limit + 1)
    return page(request, query, matches, lambda match: MatchKey(match.id))


async def read_match(request: Request) -> Answer:
    match_id = path_id(request, "match_id")
    async with request.pool.acquire() as connection:
        # The match first: goals newer than its ETag cost their editor a 412, the reverse an overwritten change.
        match = found(await queries.READ.one(connection, match_id), "match", match_id)
        line_ups = await queries.APPEARANCES.all(connection, match_id)
        goals = await queries.GOALS.all(connection, match_id)
    return tagged_whole(Sheet(**asdict(match), line_ups=line_ups, goals=goals))


async def put_goals(request: Request, edition: int, goals: list[NewGoal]) -> Answer:
    match_id = path_id(request, "match_id")

    async def work(connection: Connection) -> Match:
        match = found(await queries.READ.one(connection, match_id), "match", match_id)
        if match.state == "final":
            # Before any row: finalising takes the same two locks in this order.
            await queries.KEEP_CHAIN.run(connection)
        await _lock(connection, match_id, edition)
        played = await queries.LOCK_PLAYERS.all(connection, [match_id])
        home, away = score(goals, {one.player_id: one.side for one in played})
        await _replace_goals(connection, match_id, goals)
        match = await queries.SCORE.only(connection, match_id, home, away)
        if match.state == "final":
            await recount(connection, match, played)
        return match

    return tagged(await unit_of_work(request.pool, work))


async def finalise_match(request: Request, edition: int) -> Answer:
    match_id = path_id(request, "match_id")

    async def work(connection: Connection) -> Match:
        await queries.ADD_TO_CHAIN.run(connection)
        # Before the match: who cancels the session then sees that the match counts, or is seen here.
        session = found(await sessions.HOLD_OF_MATCH.one(connection, match_id), "match", match_id)
        if session.state == "cancelled":
            raise Problem(Kind.CONFLICT, "the session was cancelled, so its matches count for nothing")
        if (await _lock(connection, match_id, edition)).state == "final":
            raise Problem(Kind.CONFLICT, "the match is final already; correct it by putting its goals")
        played = await queries.LOCK_PLAYERS.all(connection, [match_id])
        match = await queries.FINALISE.only(connection, match_id)
        await count(connection, match, played)
        return match

    return tagged(await unit_of_work(request.pool, work))


async def _lock(connection: Connection, match_id: int, edition: int) -> Match:
    match = found(await queries.LOCK.one(connection, match_id), "match", match_id)
    if match.edition != edition:
        raise stale()
    return match


async def _line_up(connection: Connection, session_id: int, new: NewMatch) -> tuple[list[int], list[str]]:
    """Columns of player and side."""
    if new.home is not None and new.away is not None:
        _must_be_given_once(new.home, new.away)
        return [*new.home, *new.away], ["home"] * len(new.home) + ["away"] * len(new.away)
    if new.home is not None or new.away is not None:
        missing = "$.home" if new.home is None else "$.away"
        raise Problem.at(missing, "Expected both line-ups, or none for the session's teams")
    placed = await teams.READ.all(connection, session_id)
    if not placed:
        raise Problem(Kind.CONFLICT, "the session has no teams yet: make them, or send the line-ups")
    return [one.player_id for one in placed], [one.side for one in placed]


def _must_be_given_once(home: list[int], away: list[int]) -> None:
    seen: set[int] = set()
    for side, player_ids in (("home", home), ("away", away)):
        for place, player_id in enumerate(player_ids):
            if player_id in seen:
                raise Problem.at(f"$.{side}[{place}]", "Expected each player once")
            seen.add(player_id)


async def _replace_goals(connection: Connection, match_id: int, goals: list[NewGoal]) -> None:
    await queries.CLEAR_GOALS.run(connection, match_id)
    await queries.ADD_GOALS.run(
        connection,
        match_id,
        [goal.scorer_id for goal in goals],
        [goal.assistant_id for goal in goals],
        [goal.own_goal for goal in goals],
    )


routes = [
    Resource("/matches", {"GET": reads(list_matches, MatchesPage, query=MatchesQuery)}),
    Resource(
        "/sessions/{session_id:int}/matches",
        {
            "GET": reads(list_matches_of_session, MatchesPage, query=MatchesQuery),
            "POST": writes(create_match, Match, body=NewMatch, status=201),
        },
    ),
    Resource("/matches/{match_id:int}", {"GET": reads(read_match, Sheet)}),
    Resource("/matches/{match_id:int}/goals", {"PUT": changes(put_goals, Match, body=NewGoals)}),
    Resource("/matches/{match_id:int}/finalisation", {"POST": changes(finalise_match, Match)}),
]
