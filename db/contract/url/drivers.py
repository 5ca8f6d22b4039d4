"""The same database URL in the words of each driver: psycopg2, asyncpg, SQLAlchemy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from db.contract.url import tls
from db.contract.url.options import write_options
from db.contract.url.text import refusal

if TYPE_CHECKING:
    from db.contract.url.model import DatabaseUrl

ASYNCPG_ALONE = ("command_timeout", "statement_cache_size")
IN_ASYNCPGS_WORDS = ("target_session_attrs", "passfile", "krbsrvname")
AS_NUMBERS = {
    "connect_timeout": ("timeout", float),
    "command_timeout": ("command_timeout", float),
    "statement_cache_size": ("statement_cache_size", int),
}
# libpq's name: the server's setting, and the socket's option.
KEEPALIVES = {
    "keepalives_idle": ("tcp_keepalives_idle", "TCP_KEEPIDLE"),
    "keepalives_interval": ("tcp_keepalives_interval", "TCP_KEEPINTVL"),
    "keepalives_count": ("tcp_keepalives_count", "TCP_KEEPCNT"),
    "tcp_user_timeout": ("tcp_user_timeout", "TCP_USER_TIMEOUT"),
}


def for_psycopg2(url: "DatabaseUrl") -> dict[str, Any]:
    """Keyword arguments of psycopg2.connect, in libpq's names."""
    several = len(url.hosts) > 1
    arguments = {
        "user": url.user,
        "password": url.password and url.password.reveal(),
        "host": ",".join(host.name for host in url.hosts),
        "port": ",".join(str(host.port) for host in url.hosts) if several else url.hosts[0].port,
        "dbname": url.database,
        **{name: value for name, value in url.parameters.items() if name not in ASYNCPG_ALONE},
        "sslpassword": url.key_password and url.key_password.reveal(),
        "options": write_options(url.server_settings) or None,
    }
    return without_none(arguments)


def for_sqlalchemy(url: "DatabaseUrl") -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts of a sqlalchemy.URL for psycopg2, and the arguments to connect with besides."""
    arguments = for_psycopg2(url)
    parts = {
        "drivername": "postgresql+psycopg2",
        "username": arguments.pop("user", None),
        "password": arguments.pop("password", None),
        "database": arguments.pop("dbname"),
    }
    if len(url.hosts) == 1:
        parts |= {"host": arguments.pop("host"), "port": arguments.pop("port")}
    return parts, arguments


def for_asyncpg(url: "DatabaseUrl") -> dict[str, Any]:
    """Keyword arguments of asyncpg.connect and asyncpg.create_pool."""
    refuse_what_asyncpg_cannot_promise(url.parameters)
    several = len(url.hosts) > 1
    arguments = {
        "user": url.user,
        "password": url.password and url.password.reveal(),
        "host": [host.name for host in url.hosts] if several else url.hosts[0].name,
        "port": [host.port for host in url.hosts] if several else url.hosts[0].port,
        "database": url.database,
        **{name: url.parameters.get(name) for name in IN_ASYNCPGS_WORDS},
        "ssl": tls.for_asyncpg(url.parameters, url.key_password),
        "direct_tls": url.parameters.get("sslnegotiation") == "direct" or None,
        "server_settings": asyncpg_server_settings(url) or None,
    }
    return without_none(arguments) | asyncpg_numbers(url.parameters)


def refuse_what_asyncpg_cannot_promise(parameters: Mapping[str, str]) -> None:
    demands = [name for name in ("channel_binding", "gssencmode") if parameters.get(name) == "require"]
    demands += ["require_auth"] if "require_auth" in parameters else []
    if demands:
        raise refusal(
            f"{demands[0]} in the database URL asks for what asyncpg cannot do",
            "Leave it out of the service's URL; sslmode=verify-full proves the server",
        )


def asyncpg_numbers(parameters: Mapping[str, str]) -> dict[str, float | int | None]:
    numbers = {
        argument: kind(parameters[name])
        for name, (argument, kind) in AS_NUMBERS.items()
        if name in parameters
    }
    # libpq's 0 means no limit, asyncpg's means no time at all.
    return {**numbers, "timeout": None} if numbers.get("timeout") == 0 else numbers


def asyncpg_server_settings(url: "DatabaseUrl") -> dict[str, str]:
    keepalives = {KEEPALIVES[name][0]: value for name, value in asked_keepalives(url.parameters).items()}
    name = url.parameters.get("application_name")
    return {**keepalives, **url.server_settings, **({"application_name": name} if name else {})}


def asked_keepalives(parameters: Mapping[str, str]) -> dict[str, str]:
    off = parameters.get("keepalives") == "0"
    return {
        name: parameters[name]
        for name in KEEPALIVES
        if name in parameters and not (off and name.startswith("keepalives"))
    }


def socket_options(parameters: Mapping[str, str]) -> list[tuple[int, int, int]]:
    """The client's half of the keepalives, as far as this system has them; 0 leaves the system's own."""
    import socket

    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(parameters.get("keepalives", "1")))]
    for name, value in asked_keepalives(parameters).items():
        option = getattr(socket, KEEPALIVES[name][1], None)
        if option is not None and value != "0":
            options.append((socket.IPPROTO_TCP, option, int(value)))
    return options


def without_none(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
