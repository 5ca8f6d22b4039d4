"""The same database URL in the words of each driver: psycopg2, asyncpg, SQLAlchemy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from db.contract.url import tls
from db.contract.url.options import write_options
from db.contract.url.text import refusal

if TYPE_CHECKING:
    from db.contract.url.model import DatabaseUrl

ASYNCPG_ALONE = ("command_timeout", "statement_cache_size")
AT_THE_SERVER = {
    "keepalives_idle": "tcp_keepalives_idle",
    "keepalives_interval": "tcp_keepalives_interval",
    "keepalives_count": "tcp_keepalives_count",
    "tcp_user_timeout": "tcp_user_timeout",
}


def for_psycopg2(url: "DatabaseUrl") -> dict[str, Any]:
    """Keyword arguments of psycopg2.connect, in libpq's names."""
    several = len(url.hosts) > 1
    return given(
        {
            "user": url.user,
            "password": url.password and url.password.reveal(),
            "host": ",".join(host.name for host in url.hosts),
            "port": ",".join(str(host.port) for host in url.hosts) if several else url.hosts[0].port,
            "dbname": url.database,
            **{name: value for name, value in url.parameters.items() if name not in ASYNCPG_ALONE},
            "sslpassword": url.key_password and url.key_password.reveal(),
            "options": write_options(url.settings) or None,
        }
    )


def for_sqlalchemy(url: "DatabaseUrl") -> tuple[dict[str, Any], dict[str, Any]]:
    """What `sqlalchemy.URL.create(**parts)` and `create_engine(…, connect_args=…)` take, for psycopg2."""
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
    parameters = url.parameters
    arguments = given(
        {
            "user": url.user,
            "password": url.password and url.password.reveal(),
            "host": [host.name for host in url.hosts] if several else url.hosts[0].name,
            "port": [host.port for host in url.hosts] if several else url.hosts[0].port,
            "database": url.database,
            "ssl": tls.for_asyncpg(parameters, url.key_password),
            "direct_tls": parameters.get("sslnegotiation") == "direct" or None,
            "timeout": number(parameters, "connect_timeout", float),
            "command_timeout": number(parameters, "command_timeout", float),
            "statement_cache_size": number(parameters, "statement_cache_size", int),
            "target_session_attrs": parameters.get("target_session_attrs"),
            "passfile": parameters.get("passfile"),
            "krbsrvname": parameters.get("krbsrvname"),
            "server_settings": server_settings(url) or None,
        }
    )
    # libpq's 0 means no limit, asyncpg's means no time at all.
    return arguments | ({"timeout": None} if arguments.get("timeout") == 0 else {})


def refuse_what_asyncpg_cannot_promise(parameters: Mapping[str, str]) -> None:
    demands = [name for name in ("channel_binding", "gssencmode") if parameters.get(name) == "require"]
    demands += [name for name in ("require_auth",) if name in parameters]
    if demands:
        raise refusal(
            f"{demands[0]} in the database URL asks for what asyncpg cannot do",
            "Leave it out of the service's URL; sslmode=verify-full proves the server",
        )


def server_settings(url: "DatabaseUrl") -> dict[str, str]:
    settings = dict(url.settings)
    if "application_name" in url.parameters:
        settings["application_name"] = url.parameters["application_name"]
    if url.parameters.get("keepalives") != "0":
        for name, setting in AT_THE_SERVER.items():
            if name in url.parameters:
                settings.setdefault(setting, url.parameters[name])
    return settings


def number(parameters: Mapping[str, str], name: str, kind: type[Any]) -> Any:
    return kind(parameters[name]) if name in parameters else None


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
