"""Ratings: the history of a player's skill."""

from service.answers import Answer
from service.errors import found
from service.paging import page
from service.players import queries as players
from service.ratings import queries
from service.ratings.models import RatingKey, RatingsPage, RatingsQuery
from service.request import Request
from service.resource import Resource, reads
from service.validation import ID_MAX, path_id


async def list_ratings(request: Request, query: RatingsQuery) -> Answer:
    player_id = path_id(request, "player_id")
    below = query.key(RatingKey, RatingKey(ID_MAX))
    async with request.pool.acquire() as connection:
        found(await players.READ.single(connection, player_id), "player", player_id)
        ratings = await queries.HISTORY.all(connection, player_id, below.id, query.limit + 1)
    return page(request, query, ratings, lambda rating: RatingKey(rating.id))


routes = [
    Resource(
        "/players/{player_id:int}/ratings", {"GET": reads(list_ratings, RatingsPage, query=RatingsQuery)}
    ),
]
