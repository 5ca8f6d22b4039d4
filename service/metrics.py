"""/metrics of the service: what every gate tells, and how requests and the pool fare."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from service.gate.gate import Gate
from service.gauges import gauge, labelled
from service.pool import Pool
from service.scrape import SchemaMetrics
from service.tally import BOUNDS, Durations, Tally


class Metrics(SchemaMetrics):
    """Answers /metrics."""

    def __init__(self, gate: Gate, tally: Tally, pool: Pool) -> None:
        self._tally = tally
        self._pool = pool
        super().__init__(gate)

    def collect(self) -> Iterator[Metric]:
        yield from super().collect()
        yield requests_counted(self._tally.requests)
        yield requests_timed(self._tally.durations)
        yield gauge("calcio_http_requests_in_flight", "Requests that need the database", self._gate.in_flight)
        yield from of_pool(self._pool)


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
