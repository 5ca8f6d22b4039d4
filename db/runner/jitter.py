"""Pauses of random length, so that those who failed together do not come back together."""


def between(low_s: float, high_s: float) -> float:
    """Some time from `low_s` to `high_s`."""
    from random import uniform  # imported here, since most runs never pause

    return uniform(low_s, high_s)  # noqa: S311 - nobody's secret
