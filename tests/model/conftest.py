"""How far the model is searched: `scripts/test tests/model --exhaustive` takes longer times and more faults."""

import pytest

from tests.model.rules import Rules


@pytest.fixture(scope="session")
def rules(pytestconfig: pytest.Config) -> Rules:
    """The contract."""
    return Rules().wide() if pytestconfig.getoption("exhaustive") else Rules()


@pytest.fixture(scope="session")
def most_faults(pytestconfig: pytest.Config) -> int:
    """How many faults may come together."""
    return 2 if pytestconfig.getoption("exhaustive") else 1
