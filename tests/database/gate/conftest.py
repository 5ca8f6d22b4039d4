"""What the gate's tests share: a ledger in a fresh database."""

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, SECOND, Ledger


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ledger(database_url: DatabaseUrl) -> Ledger:
    """A ledger without a revision yet."""
    ledger = Ledger(database_url)
    ledger.create()
    return ledger


@pytest.fixture
def at_head(ledger: Ledger) -> Ledger:
    """The ledger where the image of these tests expects it."""
    ledger.apply(FIRST, SECOND)
    return ledger
