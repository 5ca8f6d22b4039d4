"""Makes and drops the roles and databases of the tests, as a server's superuser."""

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import sql

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl

OWNER = "calcio"
SERVICE = "calcio_service"
MARK = "made by the tests of calcio"


@contextmanager
def session(server: DatabaseUrl, *, autocommit: bool = True) -> Iterator[Any]:
    """A cursor of whom the URL names; without autocommit, one transaction."""
    with closing(psycopg2.connect(**server.for_psycopg2())) as connection:
        connection.autocommit = autocommit
        with connection.cursor() as cursor:
            yield cursor
        connection.commit()


def version_of(server: DatabaseUrl) -> str:
    with session(server) as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0]).split()[0]


def make_role(server: DatabaseUrl, name: str) -> DatabaseUrl:
    """The server's URL as a role without privileges, whose password no one chose."""
    # Workers of one parallel run share the server and its roles, hence the password.
    password = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(16)
    role = sql.Identifier(name)
    with session(server, autocommit=False) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [MARK])
        cursor.execute("SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s", [name])
        found = cursor.fetchone()
        if found and found[0] != MARK:
            raise Refusal(
                ExitCode.CONFIGURATION,
                f"The server has a role {name} that the tests did not make; expected a server of their own",
                "Name another server, or leave --database-url out",
            )
        verb = sql.SQL("ALTER" if found else "CREATE")
        cursor.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, sql.Literal(password)))
        cursor.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(MARK)))
    return server.replace(user=name, password=password)


@contextmanager
def fresh_database(server: DatabaseUrl, owner: str = OWNER) -> Iterator[str]:
    name = f"calcio_{secrets.token_hex(6)}"
    database = sql.Identifier(name)
    with session(server) as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(database, sql.Identifier(owner))
        )
    try:
        yield name
    finally:
        with session(server) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
