"""A server of these tests' own, and the service on it, as in a pod."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.contract.url import DatabaseUrl
from tests.database.api.tokens import AUDIENCE, ISSUER, SECRET, token
from tests.database.gate.ledger import Ledger
from tests.database.gate.process import Service, migrate, served
from tests.eventually import eventually
from tests.server.embedded import EmbeddedServer, running
from tests.server.roles import OWNER, SERVICE, make_role, session


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True)
class Target:
    """What is loaded: the service, its database, a token, and a path of somebody's word on a session."""

    server: EmbeddedServer
    service: Service
    database: Ledger
    token: str
    answers: str


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[EmbeddedServer, DatabaseUrl]]:
    """A migrated database on a server that may be harmed, as the service's role."""
    with running() as server:
        service, owner = make_role(server.url, SERVICE), make_role(server.url, OWNER)
        with session(server.url) as superuser:
            superuser.execute(f"CREATE DATABASE loaded OWNER {OWNER}")
        migrate(owner.replace(database="loaded"))
        yield server, service.replace(database="loaded")


@pytest.fixture
def target(database: tuple[EmbeddedServer, DatabaseUrl], tmp_path: Path) -> Iterator[Target]:
    """The service on it, ready, with a player and a session."""
    server, url = database
    key = tmp_path / "key"
    key.write_text(SECRET)
    settings: dict[str, Any] = {"auth_secret_file": key, "auth_issuer": ISSUER, "auth_audience": AUDIENCE}
    with served(tmp_path, url, public_reads="on", **settings) as service:
        eventually(lambda: service.readyz() == 200)
        bearer = token(role="organiser")
        with httpx.Client(
            base_url=service.http, headers={"authorization": f"Bearer {bearer}"}, timeout=30
        ) as client:
            player = client.post("/api/v1/players", json={"name": "Ada"}).raise_for_status().json()
            plan = {"starts_at": "2027-01-05T19:00:00Z", "venue": "Sports hall"}
            planned = client.post("/api/v1/sessions", json=plan).raise_for_status().json()
            opened = client.patch(
                f"/api/v1/sessions/{planned['id']}",
                json={"state": "open"},
                headers={"if-match": f'"{planned["edition"]}"'},
            )
            opened.raise_for_status()
        answers = f"/api/v1/sessions/{planned['id']}/availability/{player['id']}"
        yield Target(server, service, Ledger(server.url.replace(database="loaded")), bearer, answers)
