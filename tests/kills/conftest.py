"""What the kills share: a ladder of databases, two roles of its own, and which of the boundaries are tried."""

import random
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from db.contract.url import DatabaseUrl
from tests.kills.ladder import Ladder
from tests.kills.way import Boundary, Side
from tests.server.roles import make_role, session

# As a cluster has them: who made the service's role may limit it.
OWNER, SERVICE = "calcio_killed", "calcio_killed_service"


@pytest.fixture(scope="session")
def ladder(server_url: DatabaseUrl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ladder]:
    """A database at each revision."""
    owner = make_role(server_url, OWNER)
    with session(server_url) as cursor:
        cursor.execute(f"ALTER ROLE {OWNER} CREATEROLE")
    make_role(owner.replace(database="postgres"), SERVICE)
    ladder = Ladder(server_url, owner, SERVICE, tmp_path_factory.mktemp("ladder"))
    yield ladder
    ladder.drop()


@pytest.fixture
def boundaries(request: pytest.FixtureRequest) -> Callable[[int], list[Boundary]]:
    """Of so many statements: each side of each with --exhaustive, one of them by --seed without."""
    seed = request.config.getoption("seed")

    def boundaries(statements: int) -> list[Boundary]:
        every = [Boundary(*point) for point in product(range(1, statements + 1), Side)]
        if request.config.getoption("exhaustive"):
            return every
        return [random.Random(f"{seed} {request.node.nodeid}").choice(every)]  # noqa: S311 - a sample

    return boundaries
