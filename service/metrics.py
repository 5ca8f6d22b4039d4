"""/metrics of the service: what every gate tells, and how requests and the pool fare."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from service.gate.gate import Gate
from service.gauges import gauge, labelled
from service.pool import Pool
from service.scrape import SchemaMetrics

BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS = [*map(str, BUCKETS_S), "+Inf"]


class Durations:
    """How long the requests for one resource took."""

    def __init__(self) -> None:
        self.counts = [0] * len(BOUNDS)
        self.sum_s = 0.0


class Metrics(SchemaMetrics):
    """Answers /metrics; `observe` counts a request.

    It counts in plain numbers, which become metrics when they are scraped: one thread asks and answers here.
    """

    def __init__(self, gate: Gate) -> None:
        self.pool: Pool | None = None
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._durations: dict[str, Durations] = defaultdict(Durations)
        super().__init__(gate)

    def observe(self, method: str, resource: str, status: int, duration_s: float) -> None:
        self._requests[method, resource, status] += 1
        durations = self._durations[resource]
        durations.counts[bisect_left(BUCKETS_S, duration_s)] += 1
        durations.sum_s += duration_s

    def collect(self) -> Iterator[Metric]:
        yield from super().collect()
        yield requests_counted(self._requests)
        yield requests_timed(self._durations)
        yield gauge("calcio_http_requests_in_flight", "Requests that need the database", self._gate.in_flight)
        if self.pool is not None:
            yield from of_pool(self.pool)


def requests_counted(requests: Mapping[tuple[str, str, int], int]) -> Metric:
    family = CounterMetricFamily("calcio_http_requests", "Requests", labels=["method", "resource", "status"])
    for (method, resource, status), count in requests.items():
        family.add_metric([method, resource, str(status)], count)
    return family


def requests_timed(durations: Mapping[str, Durations]) -> Metric:
    family = HistogramMetricFamily(
        "calcio_http_request_duration_seconds", "How long requests took", labels=["resource"]
    )
    for resource, found in durations.items():
        # Each bucket counts what the smaller ones do as well.
        buckets = list(zip(BOUNDS, accumulate(found.counts), strict=True))
        family.add_metric([resource], buckets, found.sum_s)
    return family


def of_pool(pool: Pool) -> Iterator[GaugeMetricFamily]:
    states = {"idle": pool.idle, "busy": pool.busy}
    yield labelled("calcio_pool_connections", "Connections of the pool", "state", states)
    yield gauge("calcio_pool_connections_max", "The most connections that requests share", pool.max_size)
