"""What each driver would really be told by a database URL, as far as it says so without connecting."""

from inspect import signature
from typing import Any

import asyncpg.connect_utils
import sqlalchemy as sa
from psycopg2.extensions import make_dsn, parse_dsn

from db.contract.url import DatabaseUrl


class NotNow(Exception):  # noqa: N818 - it only stops SQLAlchemy short of connecting
    """Raised in place of a connection."""


def libpq_reads(url: DatabaseUrl) -> dict[str, Any]:
    """The arguments after libpq itself took psycopg2's connection string apart."""
    return dict(parse_dsn(make_dsn(**url.for_psycopg2())))


def sqlalchemy_hands_on(url: DatabaseUrl) -> dict[str, Any]:
    """The arguments with which SQLAlchemy would call psycopg2.connect."""
    parts, connect_args = url.for_sqlalchemy()
    engine = sa.create_engine(sa.URL.create(**parts), connect_args=connect_args, poolclass=sa.NullPool)
    handed_on: dict[str, Any] = {}

    @sa.event.listens_for(engine, "do_connect")
    def take(_dialect: Any, _record: Any, positional: list[Any], named: dict[str, Any]) -> None:
        assert positional in ([], ())
        handed_on.update(named)
        raise NotNow

    try:
        engine.connect()
    except NotNow:
        return handed_on
    raise AssertionError("SQLAlchemy did not try to connect")


def asyncpg_reads(url: DatabaseUrl) -> tuple[list[Any], Any, Any]:
    """The addresses, parameters and client settings that asyncpg makes of its keyword arguments."""
    arguments = {"statement_cache_size": 100, "command_timeout": None} | url.for_asyncpg()
    arguments.pop("timeout", None)
    read = asyncpg.connect_utils._parse_connect_arguments
    absent = dict.fromkeys(signature(read).parameters)
    sizes = {"max_cached_statement_lifetime": 300, "max_cacheable_statement_size": 15360}
    addresses, parameters, client = read(**{**absent, **sizes, **arguments})
    return addresses, parameters, client
