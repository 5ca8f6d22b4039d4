"""Keepalives of a URL are set at both ends of asyncpg's connection, as libpq and the Job set theirs."""

import asyncio
import socket
from typing import Any

import asyncpg

from db.contract.url import DatabaseUrl


def test_asyncpg_keeps_its_end_alive_as_the_url_says(server_url: DatabaseUrl) -> None:
    """asyncpg has no argument for it: its connection class sets what `socket_options` lists."""
    url = server_url.replace(parameters={"keepalives_idle": "9", "tcp_user_timeout": "15000"})

    class Kept(asyncpg.Connection):  # type: ignore[misc]
        """A connection that takes its socket's options from the URL."""

        def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
            super().__init__(protocol, transport, *rest)
            self.socket = transport.get_extra_info("socket")
            for option in url.socket_options():
                self.socket.setsockopt(*option)

    async def look() -> tuple[int, int, int, str]:
        connection = await asyncpg.connect(**url.for_asyncpg(), connection_class=Kept)
        read = connection.socket.getsockopt
        server = await connection.fetchval("SHOW tcp_keepalives_idle")
        seen = (
            read(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            read(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            read(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
            server,
        )
        await connection.close()
        return seen

    assert asyncio.run(look()) == (1, 9, 15000, "9")
