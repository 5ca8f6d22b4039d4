"""Asks again until something is so, or a deadline has passed."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.1


def eventually(ask: Callable[[], T], deadline_s: float = 60) -> T:
    """Return the first answer that is true; fails with the last one that was not."""
    end = time.monotonic() + deadline_s
    while not (answer := ask()):
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {answer!r}"
        time.sleep(POLL_S)
    return answer
