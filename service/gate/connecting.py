"""Opens the gate's connection: directly where it can, through a transaction pooler where it must."""

from collections.abc import Mapping
from typing import Any

import asyncpg

APPLICATION_NAME_BYTES = 63
STATEMENT_TIMEOUT_S = 0.5
# A handshake is several round trips, with TLS and a hash that is slow on purpose.
CONNECT_TIMEOUT_S = 3.0
SERVER_SETTINGS = {
    "statement_timeout": f"{STATEMENT_TIMEOUT_S * 1000:.0f}ms",
    # The role's own limit would end this session between two heartbeats.
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


def application_name(what: str, heads: tuple[str, ...], pod_name: str) -> str:
    """How a connection calls itself in pg_stat_activity, which keeps 63 bytes of it: the pod's name goes last."""
    head, pod = "+".join(heads).encode(), pod_name.encode()
    room = max(0, APPLICATION_NAME_BYTES - len(f"calcio-{what}//") - len(pod))
    name = b"/".join([f"calcio-{what}".encode(), head[:room], pod])
    return name[:APPLICATION_NAME_BYTES].decode(errors="ignore")


async def connect(arguments: Mapping[str, Any], name: str) -> tuple[asyncpg.Connection, bool]:
    """A connection, and whether it is direct: through a transaction pooler LISTEN is accepted and deaf."""
    try:
        connection = await asyncpg.connect(**_direct(arguments, name))
    except asyncpg.ProtocolViolationError:
        # A pooler that refuses settings at start says so here.
        return await asyncpg.connect(**_pooled(arguments, name)), False
    try:
        if await is_direct(connection):
            return connection, True
    except BaseException:
        connection.terminate()
        raise
    await connection.close(timeout=STATEMENT_TIMEOUT_S)
    return await asyncpg.connect(**_pooled(arguments, name)), False


async def is_direct(connection: asyncpg.Connection) -> bool:
    """Whether no pooler stands in between: it answers for a backend that is not the one it named."""
    backend = await connection.fetchval("SELECT pg_catalog.pg_backend_pid()")
    return bool(backend == connection.get_server_pid())


def _direct(arguments: Mapping[str, Any], name: str) -> dict[str, Any]:
    settings = {**arguments.get("server_settings", {}), **SERVER_SETTINGS, "application_name": name}
    return {**_timed(arguments), "server_settings": settings}


def _pooled(arguments: Mapping[str, Any], name: str) -> dict[str, Any]:
    settings = {"application_name": name}
    return {**_timed(arguments), "server_settings": settings, "statement_cache_size": 0}


def _timed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    # Twice the server's own timeout, which says more and keeps the connection.
    return {"timeout": CONNECT_TIMEOUT_S, **arguments, "command_timeout": 2 * STATEMENT_TIMEOUT_S}
