"""Gives the service's role what it needs, and no more."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg2

from db.contract import tables
from db.contract.names import History, quoted
from db.contract.refusal import ExitCode, Refusal
from db.contract.shared_settings import LeaseSettings
from db.runner.wire import Connection

_GRANTED = """
SELECT count(*) = 2 FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a
 WHERE d.defaclnamespace = %(schema)s::regnamespace AND a.grantee = pg_catalog.to_regrole(%(role)s)
   AND (d.defaclobjtype, a.privilege_type) IN (('r', 'SELECT'), ('S', 'USAGE'))
   AND d.defaclrole = current_user::regrole
"""


def is_granted(connection: Connection, history: History, role: str) -> bool:
    """Whether `role` will be able to read the tables that this run's role creates."""
    with connection.cursor() as cursor:
        cursor.execute(_GRANTED, {"schema": quoted(history.schema), "role": quoted(role)})
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def grant(connection: Connection, history: History, role: str) -> None:
    """Give `role` what the service needs, and what it will need of tables to come.

    Raises Refusal with 78 where there is no such role.
    """
    with _existing(role), connection, connection.cursor() as cursor:
        for statement in tables.GRANTS:
            cursor.execute(history.fill(statement).replace("{role}", quoted(role)))


def limit(connection: Connection, role: str, lease: LeaseSettings) -> Sequence[str]:
    """End the sessions of a frozen process on the server, by settings of `role` in this database.

    Answers the statements that someone with more rights must run, where this role may not.
    Raises Refusal with 78 where there is no such role.
    """
    seconds = {name: getattr(lease, setting) for name, setting in tables.ROLE_LIMITS.items()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.current_database()")
        (database,) = cursor.fetchone() or ("",)
    statements = [
        f"ALTER ROLE {quoted(role)} IN DATABASE {quoted(database)} SET {name} = '{value * 1000:.0f}ms'"
        for name, value in seconds.items()
    ]
    try:
        with _existing(role), connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except psycopg2.errors.InsufficientPrivilege:
        return statements
    return ()


@contextmanager
def _existing(role: str) -> Iterator[None]:
    try:
        yield
    except psycopg2.errors.UndefinedObject as error:
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"there is no role {role}, which CALCIO_APP_ROLE names",
            "Create the service's role before the first migration, or correct the setting",
        ) from error
