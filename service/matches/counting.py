"""How a match comes to count: its players' ratings and statistics, and those again when it is corrected."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from service.matches import queries
from service.matches.models import Appearance, Match, Result
from service.ratings import queries as ratings
from service.ratings.skill import NEWCOMER, Skill, after
from service.statement import Connection
from service.statistics import queries as statistics
from service.validation import ID_MAX


async def count(connection: Connection, match: Match, played: Sequence[Appearance]) -> None:
    """Move ratings and statistics by a match that has just become final; its players are locked."""
    player_ids = [one.player_id for one in played]
    skills = await _skills_before(connection, dict.fromkeys(player_ids, ID_MAX))
    moved = _moved({one.player_id: one.side for one in played}, skills, match.home_score, match.away_score)
    await ratings.ADD.run(connection, match.id, *_columns(moved.items()))
    await statistics.REFRESH.run(connection, match.season, player_ids)


async def recount(connection: Connection, match: Match, played: Sequence[Appearance]) -> None:
    """Move ratings and statistics to where they had come, had the match ended as it now says.

    Every later match stands on this one's ratings, or on theirs: all are rated again, in their order.
    """
    results = await queries.RESULTS_SINCE.all(connection, match.id)
    # Of a player's ratings the first one that is replaced, which is written last here.
    firsts = {result.player_id: result.rating_id for result in reversed(results)}
    skills = await _skills_before(connection, firsts)
    replaced = await asyncio.to_thread(_rated_again, results, skills)
    keys = [match_id for match_id, _, _ in replaced]
    await ratings.REPLACE.run(
        connection, keys, *_columns((player_id, skill) for _, player_id, skill in replaced)
    )
    await statistics.REFRESH.run(connection, match.season, [one.player_id for one in played])


async def count_in(connection: Connection, session_id: int, season: int) -> None:
    """Have a session's matches belong to `season`, and to no other; the session is locked.

    Ratings stay as they are: they follow the order of the final whistles, whatever the dates say.
    """
    moved = await queries.LOCK_OF_OTHER_SEASONS.all(connection, session_id, season)
    if not moved:
        return
    match_ids = [match.id for match in moved]
    player_ids = [one.player_id for one in await queries.LOCK_PLAYERS.all(connection, match_ids)]
    await queries.MOVE.run(connection, match_ids, season)
    for affected in {season, *(match.season for match in moved)}:
        await statistics.FORGET.run(connection, affected, player_ids)
        await statistics.REFRESH.run(connection, affected, player_ids)


async def _skills_before(connection: Connection, rating_ids: Mapping[int, int]) -> dict[int, Skill]:
    """Each player's skill before the rating of this id."""
    rated = await ratings.BEFORE.all(connection, [*rating_ids], [*rating_ids.values()])
    return dict.fromkeys(rating_ids, NEWCOMER) | {one.player_id: Skill(one.mu, one.sigma) for one in rated}


def _rated_again(results: Iterable[Result], skills: dict[int, Skill]) -> list[tuple[int, int, Skill]]:
    replaced = []
    for match_id, group in groupby(results, key=lambda result: result.match_id):
        members = list(group)
        sides = {member.player_id: member.side for member in members}
        moved = _moved(sides, skills, members[0].home_score, members[0].away_score)
        skills.update(moved)
        replaced += [(match_id, player_id, skill) for player_id, skill in moved.items()]
    return replaced


def _moved(
    sides: Mapping[int, str], skills: Mapping[int, Skill], home_score: int, away_score: int
) -> dict[int, Skill]:
    home = [player_id for player_id, side in sides.items() if side == "home"]
    away = [player_id for player_id, side in sides.items() if side == "away"]
    moved = after([skills[id_] for id_ in home], [skills[id_] for id_ in away], (home_score, away_score))
    return dict(zip(home + away, moved, strict=True))


def _columns(moved: Iterable[tuple[int, Skill]]) -> tuple[list[int], list[float], list[float]]:
    rows = list(moved)
    return [id_ for id_, _ in rows], [skill.mu for _, skill in rows], [skill.sigma for _, skill in rows]
