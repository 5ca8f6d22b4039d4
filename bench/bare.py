"""The limit: an ASGI application that asks one prepared statement, knows one path, and does nothing else."""

import os
from typing import Any

import asyncpg
import msgspec

from db.contract.url import find_url
from service.connections import opened
from service.players.models import Player
from service.players.queries import COLUMNS
from service.pool import Pool

POOL_SIZE = 10  # as CALCIO_POOL_SIZE
IDLE_S = 300.0
PREFIX = "/api/v1/players/"
ROW = f"SELECT {COLUMNS} FROM player WHERE id = $1"

pool: Pool | None = None
encode = msgspec.json.Encoder().encode


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer the player whose id ends the path."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    assert pool is not None  # noqa: S101 - opened before the first request
    async with pool.acquire() as connection:
        # asyncpg prepares it once a connection, and keeps it.
        row = await connection.fetchrow(ROW, int(scope["path"].removeprefix(PREFIX)))
    body = encode(Player(*row))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Any, send: Any) -> None:
    global pool
    await receive()
    arguments = find_url(os.environ).for_asyncpg()
    # The service's own: asyncpg's would cost more than all else here, and be no limit.
    async with opened(Pool(lambda: asyncpg.connect(**arguments), POOL_SIZE, IDLE_S)) as pool:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
