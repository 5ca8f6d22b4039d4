"""/metrics of the service: what every gate tells, and how requests and the pool fare."""

from collections.abc import Iterator
from functools import cache

import asyncpg
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from service import gauges
from service.gate.gate import Gate
from service.scrape import SchemaMetrics

BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics(SchemaMetrics):
    """Answers /metrics; `observe` counts a request."""

    def __init__(self, gate: Gate) -> None:
        self.pool: asyncpg.Pool | None = None
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
        yield from gauges.of_requests(self._gate)
        if self.pool is not None:
            yield from gauges.of_pool(self.pool)
