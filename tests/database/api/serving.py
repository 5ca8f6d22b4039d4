"""Serves the API without a gate before it, on a port of its own, as uvicorn does in a pod."""

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from db.contract.url import DatabaseUrl
from service.api import make_api
from service.auth import Auth
from service.connections import opened
from service.gathering import Gathering
from service.pool import Pool
from service.protocol import BoundedProtocol
from service.sharing import Sharing
from service.time_limit import TimeLimit
from tests.eventually import eventually


@contextmanager
def served(
    url: DatabaseUrl,
    auth: Auth,
    http: type[BoundedProtocol] = BoundedProtocol,
    heard: Callable[[Any], None] | None = None,
) -> Iterator[str]:
    """The address at which the API answers; `heard` is told of each statement that it sends."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        app = application(url, auth, heard)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="none", http=http, loop="uvloop", interface="asgi3"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            eventually(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Timed:
    """Gives each request its time, as Admission does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._limit = TimeLimit(60.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            with self._limit.block():
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def application(url: DatabaseUrl, auth: Auth, heard: Callable[[Any], None] | None = None) -> ASGIApp:
    async def connect() -> asyncpg.Connection:
        connection = await asyncpg.connect(**url.for_asyncpg())
        if heard is not None:
            connection.add_query_logger(heard)
        return connection

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with opened(Pool(connect, max_size=8, idle_s=60.0)) as pool:
            yield {"pool": pool, "sharing": Sharing(), "gathering": Gathering(pool), "auth": auth}

    return Timed(make_api(lifespan))
