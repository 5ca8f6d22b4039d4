"""How requests fare, in plain numbers: one thread asks and answers here, and a scrape makes metrics of them."""

from bisect import bisect_left
from collections import defaultdict

BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS = [*map(str, BUCKETS_S), "+Inf"]


class Durations:
    """How long the requests for one resource took."""

    def __init__(self) -> None:
        self.counts = [0] * len(BOUNDS)
        self.sum_s = 0.0


class Tally:
    """Counts requests since the process began."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, str, int], int] = defaultdict(int)  # by method, resource, status
        self.durations: dict[str, Durations] = defaultdict(Durations)  # by resource

    def observe(self, method: str, resource: str, status: int, duration_s: float) -> None:
        self.requests[method, resource, status] += 1
        durations = self.durations[resource]
        durations.counts[bisect_left(BUCKETS_S, duration_s)] += 1
        durations.sum_s += duration_s
