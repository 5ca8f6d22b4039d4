"""The databases and roles that the tests get."""

from contextlib import closing

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from db.contract.refusal import Refusal
from db.contract.url import DatabaseUrl
from tests.server.roles import fresh_database, make_role, session


def test_a_test_owns_an_empty_database_and_is_no_superuser(database_url: DatabaseUrl) -> None:
    """A revision that needs a superuser cannot pass a test."""
    with (
        closing(psycopg2.connect(**database_url.for_psycopg2())) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert cursor.fetchone() == (0,)
        cursor.execute("CREATE TABLE mine ()")
        cursor.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,)


def test_the_service_role_has_no_privileges_of_its_own(service_url: DatabaseUrl) -> None:
    """What the service may do, it was granted by the migration."""
    with session(service_url) as cursor, pytest.raises(InsufficientPrivilege):
        cursor.execute("CREATE TABLE mine ()")


def test_a_database_is_dropped_under_who_is_still_connected(server_url: DatabaseUrl) -> None:
    """A test that leaves a connection open leaves no database."""
    with fresh_database(server_url, owner="postgres") as name:
        lingering = psycopg2.connect(**server_url.replace(database=name).for_psycopg2())
    with closing(lingering), session(server_url) as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name])
        assert cursor.fetchone() == (0,)


def test_a_role_that_the_tests_did_not_make_is_left_alone(server_url: DatabaseUrl) -> None:
    """Tests pointed at somebody's server by mistake change nobody's password."""
    with session(server_url) as cursor:
        cursor.execute("CREATE ROLE somebody")
        try:
            with pytest.raises(Refusal, match="somebody"):
                make_role(server_url, "somebody")
        finally:
            cursor.execute("DROP ROLE somebody")
