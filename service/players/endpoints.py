"""Players: create, list, search, read, change, retire."""

from service.answers import Answer
from service.editions import created, stale, tagged
from service.errors import found
from service.paging import page
from service.players import queries
from service.players.models import NewPlayer, Player, PlayerChange, PlayerKey, PlayersPage, PlayersQuery
from service.request import Request
from service.resource import Resource, changes, reads, writes
from service.validation import given, path_id


async def create_player(request: Request, new: NewPlayer) -> Answer:
    player = await queries.CREATE.only(request.pool, new.name, new.preferred_role)
    return created(player, f"{request.url.path}/{player.id}")


async def list_players(request: Request, query: PlayersQuery) -> Answer:
    after = query.key(PlayerKey, PlayerKey("", 0))
    players = await queries.LIST.all(
        request.pool, after.name, after.id, query.name, query.retired, query.limit + 1
    )
    return page(request, query, players, lambda player: PlayerKey(player.name, player.id))


async def read_player(request: Request) -> Answer:
    player_id = path_id(request, "player_id")
    player = await request.gathering.one(queries.READ, player_id)
    return tagged(found(player, "player", player_id))


async def change_player(request: Request, edition: int, change: PlayerChange) -> Answer:
    player_id = path_id(request, "player_id")
    values = [given(value) for value in (change.name, change.preferred_role, change.retired)]
    async with request.pool.acquire() as connection:
        player = await queries.CHANGE.one(connection, player_id, edition, *values)
        if player is None:
            found(await queries.READ.single(connection, player_id), "player", player_id)
            raise stale()
    return tagged(player)


routes = [
    Resource(
        "/players",
        {
            "GET": reads(list_players, PlayersPage, query=PlayersQuery),
            "POST": writes(create_player, Player, body=NewPlayer, status=201),
        },
    ),
    Resource(
        "/players/{player_id:int}",
        {"GET": reads(read_player, Player), "PATCH": changes(change_player, Player, body=PlayerChange)},
    ),
]
