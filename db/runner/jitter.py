"""Pauses of random length, so that those who failed together do not come back together."""


def between(low: float, high: float) -> float:
    """Some number from `low` to `high`: seconds, or a part of them."""
    from random import uniform  # imported here, since most runs never pause

    return uniform(low, high)  # noqa: S311 - nobody's secret
