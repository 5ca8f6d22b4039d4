"""Where the tour takes place: a PostgreSQL server, two roles, and every secret in a file of its own."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import jwt
from psycopg2 import sql

from db.contract.refusal import ExitCode, Refusal
from tests.server.embedded import EmbeddedServer, claim_port, running, write_private
from tests.server.roles import session

OWNER, SERVICE, DATABASE = "calcio", "calcio_service", "calcio"
ISSUER, AUDIENCE = "scripts/demo", "calcio"
TOKEN_HOLDS_S = 86_400
PORT_MAX = 65_534

# As kustomize/components/provide-postgres/roles.sql has it: who makes a role may set its timeouts.
ROLES = (
    "CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD {owner_password}",
    "GRANT pg_read_all_stats TO {owner}",
    "CREATE DATABASE {database} OWNER {owner}",
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "SET ROLE {owner}",
    "CREATE ROLE {service} LOGIN PASSWORD {service_password}",
    "GRANT CONNECT ON DATABASE {database} TO {service}",
)


class Ports(NamedTuple):
    """Where everything listens, on 127.0.0.1."""

    http: int
    management: int
    postgres: int


@dataclass(frozen=True)
class Place:
    """The server, and the files that go with it; none of them outlives it."""

    server: EmbeddedServer

    @property
    def folder(self) -> Path:
        return self.server.socket_folder

    @property
    def owner_url_file(self) -> Path:
        """DATABASE_URL of who moves the schema."""
        return self.folder / "owner-url"

    @property
    def service_url_file(self) -> Path:
        """DATABASE_URL of who serves."""
        return self.folder / "service-url"

    @property
    def auth_secret_file(self) -> Path:
        return self.folder / "auth-secret"

    @property
    def authorization_file(self) -> Path:
        """An organiser's token, as the header that `curl --header @FILE` sends."""
        return self.folder / "organiser"

    def log(self, name: str) -> Path:
        """What the instance of this name says."""
        return self.folder / f"{name}.log"


def choose_ports(http: int) -> Ports:
    """The port and the one above, or free ones for 0."""
    if not 0 <= http <= PORT_MAX:
        raise Refusal(
            ExitCode.USAGE, f"found --port {http}, expected 1 to {PORT_MAX}", "Leave it out for a free one"
        )
    fixed = [claim_port(http), claim_port(http + 1)] if http else []
    free: set[int] = set()
    while len(free) < len(Ports._fields):
        free.add(claim_port(0))
    return Ports(*[*fixed, *free][: len(Ports._fields)])


@contextmanager
def settled(port: int) -> Iterator[Place]:
    """A place that is there while the block runs, and gone afterwards, whatever ends it."""
    with running(port) as server:
        place = Place(server)
        owner_password, service_password = secrets.token_hex(16), secrets.token_hex(16)
        make_roles(server, owner_password, service_password)
        address = server.url.replace(database=DATABASE).address
        write_private(place.owner_url_file, f"postgresql://{OWNER}:{owner_password}@{address}")
        write_private(place.service_url_file, f"postgresql://{SERVICE}:{service_password}@{address}")
        key = secrets.token_hex(32)
        write_private(place.auth_secret_file, key)
        write_private(place.authorization_file, f"Authorization: Bearer {organisers_token(key)}")
        yield place


def make_roles(server: EmbeddedServer, owner_password: str, service_password: str) -> None:
    words: dict[str, sql.Composable] = {
        "owner": sql.Identifier(OWNER),
        "service": sql.Identifier(SERVICE),
        "database": sql.Identifier(DATABASE),
        "owner_password": sql.Literal(owner_password),
        "service_password": sql.Literal(service_password),
    }
    with session(server.url) as cursor:
        for statement in ROLES:
            cursor.execute(sql.SQL(statement).format(**words))


def organisers_token(key: str) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "the organiser of scripts/demo",
        "role": "organiser",
        "exp": time.time() + TOKEN_HOLDS_S,
    }
    return jwt.encode(claims, key, algorithm="HS256")
