"""Times on the schema's page, as a person reads them."""

import pytest

from service.times import duration


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "0 ms"),
        (83.4, "83 ms"),
        (999.6, "1.0 s"),
        (3400, "3.4 s"),
        (59_940, "59.9 s"),
        (59_960, "1 min 0 s"),
        (306_000, "5 min 6 s"),
        (3_599_600, "1 h 0 min"),
        (7_380_000, "2 h 3 min"),
    ],
)
def test_a_time_has_the_units_that_matter(milliseconds: float, said: str) -> None:
    """And never as many of one as the next larger one has."""
    assert duration(milliseconds) == said
