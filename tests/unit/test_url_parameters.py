"""Each parameter of a database URL, decided once: what psycopg2, asyncpg and SQLAlchemy are told."""

import socket
from typing import Any

import pytest

from db.contract.url import DatabaseUrl
from tests.unit.drivers import asyncpg_reads, libpq_reads, sqlalchemy_hands_on

PLACE = {"user": "u", "password": "p", "host": "h", "port": 5432}
NOTHING: dict[str, Any] = {}

# The query, what psycopg2 is told of it, what asyncpg is told.
TABLE = [
    ("", NOTHING, NOTHING),
    ("sslmode=disable", {"sslmode": "disable"}, {"ssl": "disable"}),
    ("sslmode=allow", {"sslmode": "allow"}, {"ssl": "allow"}),
    ("sslmode=prefer", {"sslmode": "prefer"}, {"ssl": "prefer"}),
    ("sslmode=require", {"sslmode": "require"}, {"ssl": "require"}),
    (
        "sslmode=require&sslnegotiation=direct",
        {"sslmode": "require", "sslnegotiation": "direct"},
        {"ssl": "require", "direct_tls": True},
    ),
    ("sslnegotiation=postgres", {"sslnegotiation": "postgres"}, NOTHING),
    ("connect_timeout=5", {"connect_timeout": "5"}, {"timeout": 5.0}),
    ("connect_timeout=0", {"connect_timeout": "0"}, {"timeout": None}),
    ("command_timeout=2.5", NOTHING, {"command_timeout": 2.5}),
    ("application_name=a%20b", {"application_name": "a b"}, {"server_settings": {"application_name": "a b"}}),
    (
        "fallback_application_name=psql",
        {"application_name": "psql"},
        {"server_settings": {"application_name": "psql"}},
    ),
    (
        "fallback_application_name=psql&application_name=own",
        {"application_name": "own"},
        {"server_settings": {"application_name": "own"}},
    ),
    (
        "options=-c%20search_path%3Da,b%20--lock-timeout%3D50ms%20-cjit%3Doff",
        {"options": "-c search_path=a,b -c lock_timeout=50ms -c jit=off"},
        {"server_settings": {"search_path": "a,b", "lock_timeout": "50ms", "jit": "off"}},
    ),
    (
        "options=-c%20search_path%3Da,%5C%20b%5C%5Cc",
        {"options": r"-c search_path=a,\ b\\c"},
        {"server_settings": {"search_path": r"a, b\c"}},
    ),
    (
        "options=-c%20calcio.match%3D7",
        {"options": "-c calcio.match=7"},
        {"server_settings": {"calcio.match": "7"}},
    ),
    ("options=", NOTHING, NOTHING),
    ("search_path=a", {"options": "-c search_path=a"}, {"server_settings": {"search_path": "a"}}),
    ("lock_timeout=1s", {"options": "-c lock_timeout=1s"}, {"server_settings": {"lock_timeout": "1s"}}),
    ("TimeZone=UTC", {"options": "-c timezone=UTC"}, {"server_settings": {"timezone": "UTC"}}),
    ("jit=off", {"options": "-c jit=off"}, {"server_settings": {"jit": "off"}}),
    *(
        (f"target_session_attrs={who}", {"target_session_attrs": who}, {"target_session_attrs": who})
        for who in ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
    ),
    (
        "keepalives=1&keepalives_idle=5&keepalives_interval=2&keepalives_count=3",
        {"keepalives": "1", "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3"},
        {
            "server_settings": {
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "3",
            }
        },
    ),
    ("keepalives=0&keepalives_idle=5", {"keepalives": "0", "keepalives_idle": "5"}, NOTHING),
    (
        "keepalives_idle=5&options=-c%20tcp_keepalives_idle%3D9",
        {"keepalives_idle": "5", "options": "-c tcp_keepalives_idle=9"},
        {"server_settings": {"tcp_keepalives_idle": "9"}},
    ),
    (
        "tcp_user_timeout=15000",
        {"tcp_user_timeout": "15000"},
        {"server_settings": {"tcp_user_timeout": "15000"}},
    ),
    ("gssencmode=disable", {"gssencmode": "disable"}, NOTHING),
    ("channel_binding=prefer", {"channel_binding": "prefer"}, NOTHING),
    ("load_balance_hosts=random", {"load_balance_hosts": "random"}, NOTHING),
    ("client_encoding=utf8", NOTHING, NOTHING),
    ("client_encoding=LATIN1", NOTHING, NOTHING),
    ("krbsrvname=pg", {"krbsrvname": "pg"}, {"krbsrvname": "pg"}),
    ("prepared_statement_cache_size=0", NOTHING, {"statement_cache_size": 0}),
    ("statement_cache_size=10", NOTHING, {"statement_cache_size": 10}),
    ("statement_cache_size=10&prepared_statement_cache_size=10", NOTHING, {"statement_cache_size": 10}),
]


def url_with(query: str) -> DatabaseUrl:
    return DatabaseUrl.parse(f"postgresql://u:p@h/d?{query}")


@pytest.mark.parametrize(("query", "told"), [(query, told) for query, told, _ in TABLE])
def test_psycopg2_is_told_what_libpq_knows_and_nothing_else(query: str, told: dict[str, Any]) -> None:
    """libpq itself accepts each rendering and reads it back the same."""
    arguments = url_with(query).for_psycopg2()
    assert arguments == {**PLACE, "dbname": "d", **told}
    assert libpq_reads(url_with(query)) == {name: str(value) for name, value in arguments.items()}


@pytest.mark.parametrize(("query", "told"), [(query, told) for query, _, told in TABLE])
def test_asyncpg_is_told_the_same_in_its_own_words(query: str, told: dict[str, Any]) -> None:
    """asyncpg itself accepts each rendering: numbers are numbers, server settings in their place."""
    assert url_with(query).for_asyncpg() == {**PLACE, "database": "d", **told}
    addresses, parameters, client = asyncpg_reads(url_with(query))
    assert (addresses, parameters.user, parameters.database) == ([("h", 5432)], "u", "d")
    assert parameters.server_settings == told.get("server_settings")
    assert client.statement_cache_size == told.get("statement_cache_size", 100)


@pytest.mark.parametrize("query", [query for query, _, _ in TABLE])
def test_sqlalchemy_hands_psycopg2_the_same_arguments(query: str) -> None:
    """A connection through an engine is the connection that psycopg2 would open itself."""
    assert sqlalchemy_hands_on(url_with(query)) == url_with(query).for_psycopg2()


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p@a:1,[::1]:2/d",
        "postgresql://u:p@/d?host=a:1&host=::1&sslmode=require",
        "postgresql://u:p@%2Frun%2Fpg:7/d",
    ],
)
def test_several_hosts_and_sockets_reach_every_driver(text: str) -> None:
    """The list keeps its order and each host its port."""
    url = DatabaseUrl.parse(text)
    arguments = url.for_psycopg2()
    assert arguments["host"].split(",") == [host.name for host in url.hosts]
    assert str(arguments["port"]).split(",") == [str(host.port) for host in url.hosts]
    assert sqlalchemy_hands_on(url) == arguments
    assert asyncpg_reads(url)[0] == [
        f"{host.name}/.s.PGSQL.{host.port}" if host.name.startswith("/") else tuple(host)
        for host in url.hosts
    ]


def test_keepalives_become_options_of_the_clients_socket() -> None:
    """asyncpg has no argument for them, so whoever opens its connection sets them."""
    url = url_with("keepalives_idle=5&keepalives_interval=0&tcp_user_timeout=15000")
    assert url.socket_options() == [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 15000),
    ]
    assert url_with("keepalives=0&keepalives_idle=5").socket_options() == [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    ]
