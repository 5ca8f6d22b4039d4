"""What the gate's tests share: a ledger in a fresh database."""

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ledger(database_url: DatabaseUrl) -> Ledger:
    """A ledger without a revision yet."""
    ledger = Ledger(database_url)
    ledger.create()
    return ledger
