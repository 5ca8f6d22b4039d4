"""How far the model is searched: `scripts/test tests/model --exhaustive` takes longer times and more faults."""

import pytest

from tests.model.rules import Rules


@pytest.fixture(scope="session", params=[False, True], ids=["registers, looks", "at once"])
def rules(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Rules:
    """The contract, with either kind of round."""
    rules = Rules(registers_and_looks_at_once=request.param)
    return rules.wide() if pytestconfig.getoption("exhaustive") else rules


@pytest.fixture(scope="session")
def most_faults(pytestconfig: pytest.Config) -> int:
    """How many faults may come together."""
    return 2 if pytestconfig.getoption("exhaustive") else 1
