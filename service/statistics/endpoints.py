"""Statistics: the leaderboard, read from the rows that finalising keeps."""

from service.answers import Answer
from service.paging import page
from service.request import Request
from service.resource import Resource, shares
from service.statistics import queries
from service.statistics.models import LeaderboardPage, LeaderboardQuery, LineKey

COUNT_MAX = 2**31 - 1


async def read_leaderboard(request: Request, query: LeaderboardQuery) -> Answer:
    after = query.key(LineKey, LineKey(COUNT_MAX, 0, 0))
    lines = await queries.LEADERBOARD.all(
        request.pool, query.season, after.points, after.goals, after.player_id, query.limit + 1
    )
    return page(request, query, lines, lambda line: LineKey(line.points, line.goals, line.player_id))


routes = [
    Resource("/statistics", {"GET": shares(read_leaderboard, LeaderboardPage, query=LeaderboardQuery)}),
]
