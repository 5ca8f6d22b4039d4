"""Figures as a person reads them."""

import pytest

from db.runner.figures import count, duration, size


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0834, "83 ms"),
        (4.23, "4.2 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (90000, "25 h 0 min"),
    ],
)
def test_a_duration_has_the_units_that_matter(seconds: float, said: str) -> None:
    """And never 60 of one that a larger one begins at."""
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (2940928, "2.8 MiB"), (2**40, "1.0 TiB")],
)
def test_a_size_has_one_unit(bytes_: int | None, said: str) -> None:
    """And - where nobody knows it."""
    assert size(bytes_) == said


def test_rows_are_counted_in_thousands() -> None:
    """A million is seen to be one."""
    assert count(1_000_000) == "1,000,000"
