"""/metrics of the service: what every gate tells, and how requests and the pool fare."""

from collections.abc import Iterator
from functools import cache

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from service.gate.gate import Gate
from service.gauges import gauge, labelled
from service.pool import Pool
from service.scrape import SchemaMetrics

BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics(SchemaMetrics):
    """Answers /metrics; `observe` counts a request."""

    def __init__(self, gate: Gate) -> None:
        self.pool: Pool | None = None
        super().__init__(gate)
        self._requests = Counter(
            "calcio_http_requests", "Requests", ["method", "resource", "status"], registry=self._registry
        )
        self._durations = Histogram(
            "calcio_http_request_duration_seconds",
            "How long requests took",
            ["resource"],
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        # To find a metric by its labels takes longer than to count; of both labels there are few values.
        self._count = cache(self._requests.labels)
        self._measure = cache(self._durations.labels)

    def observe(self, method: str, resource: str, status: int, duration_s: float) -> None:
        self._count(method, resource, status).inc()
        self._measure(resource).observe(duration_s)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from super().collect()
        yield from of_requests(self._gate)
        if self.pool is not None:
            yield from of_pool(self.pool)


def of_requests(gate: Gate) -> Iterator[GaugeMetricFamily]:
    yield gauge("calcio_http_requests_in_flight", "Requests that need the database", gate.in_flight)


def of_pool(pool: Pool) -> Iterator[GaugeMetricFamily]:
    states = {"idle": pool.idle, "busy": pool.busy}
    yield labelled("calcio_pool_connections", "Connections of the pool", "state", states)
    yield gauge("calcio_pool_connections_max", "The most connections that requests share", pool.max_size)
