"""Requests counted in plain numbers are the metrics that prometheus_client's own counters would be."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric

from service.metrics import requests_counted, requests_timed
from service.tally import BUCKETS_S, Tally

REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["GET", "POST"]),
        st.sampled_from(["players", "other"]),
        st.sampled_from([200, 404, 503]),
        st.one_of(st.floats(0, 20), st.sampled_from(BUCKETS_S)),
    )
)


def samples(family: Metric) -> dict[tuple[str, str], float]:
    """The samples by name and labels, without when the library began to count."""
    return {
        (sample.name, str(sorted(sample.labels.items()))): sample.value
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@given(REQUESTS)
def test_a_tally_is_what_the_library_would_have_counted(requests: list[tuple[str, str, int, float]]) -> None:
    """Each count, each bucket's bound, count and sum."""
    registry, tally = CollectorRegistry(), Tally()
    counter = Counter("calcio_http_requests", "", ["method", "resource", "status"], registry=registry)
    histogram = Histogram(
        "calcio_http_request_duration_seconds", "", ["resource"], buckets=BUCKETS_S, registry=registry
    )
    for method, resource, status, duration_s in requests:
        tally.observe(method, resource, status, duration_s)
        counter.labels(method, resource, status).inc()
        histogram.labels(resource).observe(duration_s)
    expected = [samples(family) for family in registry.collect()]
    assert [samples(requests_counted(tally.requests)), samples(requests_timed(tally.durations))] == expected
