"""How long hypothesis looks: no test here depends on how fast the machine is."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def most_examples(pytestconfig: pytest.Config) -> int:
    """How many worlds the oracles are asked about: some, in CI what makes 100,000 decisions, or many."""
    if pytestconfig.getoption("exhaustive"):
        return 20_000
    return 2_200 if "CI" in os.environ else 100
