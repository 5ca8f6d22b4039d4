"""How far the model is searched: `scripts/test tests/model --exhaustive` takes longer times and more faults."""

import pytest

from tests.model.rules import Rules


@pytest.fixture(scope="session", params=[False, True], ids=["registers, looks", "at once"])
def at_once(request: pytest.FixtureRequest) -> bool:
    """Either kind of round."""
    return bool(request.param)


@pytest.fixture(scope="session")
def rules(pytestconfig: pytest.Config, at_once: bool) -> Rules:
    """The contract."""
    rules = Rules(registers_and_looks_at_once=at_once)
    return rules.wide() if pytestconfig.getoption("exhaustive") else rules


@pytest.fixture(scope="session")
def most_faults(pytestconfig: pytest.Config) -> int:
    """How many faults may come together."""
    return 2 if pytestconfig.getoption("exhaustive") else 1
