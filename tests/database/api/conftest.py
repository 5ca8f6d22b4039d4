"""What the API's tests share: a migrated database, the API on it, and a client of each role."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx import Client

from db.contract.url import DatabaseUrl
from service.auth import Auth, Role
from service.keys import verifier
from tests.database.api.serving import served
from tests.database.api.tokens import AUDIENCE, ISSUER, SECRET, token
from tests.database.migrating import execute, upgrade
from tests.server.roles import SERVICE, fresh_database


@pytest.fixture(scope="module")
def api_url(
    server_url: DatabaseUrl, owner_url: DatabaseUrl, unprivileged_url: DatabaseUrl
) -> Iterator[DatabaseUrl]:
    """A database at the head, as the service's role; a module's tests share it."""
    with fresh_database(server_url) as name:
        owner = owner_url.replace(database=name)
        execute(
            owner, f"ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SERVICE}"
        )
        upgrade(owner)
        yield unprivileged_url.replace(database=name)


@pytest.fixture
def owner(owner_url: DatabaseUrl, api_url: DatabaseUrl) -> DatabaseUrl:
    """That database, as its owner."""
    return owner_url.replace(database=api_url.database)


@pytest.fixture(scope="module")
def secret_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mounted secret that tokens are checked with."""
    path = tmp_path_factory.mktemp("secret") / "key"
    path.write_text(SECRET)
    return path


@pytest.fixture(scope="module")
def address(api_url: DatabaseUrl, secret_file: Path) -> Iterator[str]:
    """Where the API answers, with public reads."""
    with served(api_url, Auth(verifier(None, secret_file, ISSUER, AUDIENCE), public_reads=True)) as address:
        yield address


@contextmanager
def client(address: str, role: Role | None) -> Iterator[Client]:
    headers = {} if role is None else {"Authorization": f"Bearer {token(role=role.name.lower())}"}
    with Client(base_url=address, headers=headers, timeout=30) as made:
        yield made


@pytest.fixture(scope="module")
def anonymous(address: str) -> Iterator[Client]:
    """Somebody without a token."""
    with client(address, None) as made:
        yield made


@pytest.fixture(scope="module")
def reader(address: str) -> Iterator[Client]:
    """Somebody who may read."""
    with client(address, Role.READER) as made:
        yield made


@pytest.fixture(scope="module")
def organiser(address: str) -> Iterator[Client]:
    """Somebody who may write."""
    with client(address, Role.ORGANISER) as made:
        yield made


@pytest.fixture(scope="module")
def admin(address: str) -> Iterator[Client]:
    """Somebody who may say who is who."""
    with client(address, Role.ADMIN) as made:
        yield made
