"""The second port: what kubelet, Prometheus and people are told, and what none of them can do."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger
from tests.database.gate.proxy import proxied
from tests.database.gate.running import JSON, ask_management, running_service, until_readyz

pytestmark = pytest.mark.anyio


@pytest.mark.usefixtures("at_head")
async def test_metrics_are_what_prometheus_reads(service_url: DatabaseUrl) -> None:
    """Each promised family is there, with the labels that dashboards and alerts name."""
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        assert (await client.get("http://pod/api/v1/players")).status_code == 503
        await client.get("http://pod/nowhere")
        await client.request("BREW", "http://pod/api/v1/coffee")
        text = (await ask_management(client, "/metrics")).text
    for line in (
        'calcio_schema_standing{standing="at_head"} 1.0',
        'calcio_schema_standing{standing="broken"} 0.0',
        "calcio_schema_ready 1.0",
        'calcio_schema_found_info{head="0002"} 1.0',
        'calcio_schema_expected_info{head="0002"} 1.0',
        'calcio_schema_gate_info{mode="compatible"} 1.0',
        'calcio_readers{release="dev"} 1.0',
        'calcio_http_requests_total{method="GET",resource="players",status="503"} 1.0',
        'calcio_http_requests_total{method="GET",resource="other",status="404"} 1.0',
        'calcio_http_requests_total{method="other",resource="other",status="404"} 1.0',
        'calcio_pool_connections{state="busy"} 0.0',
    ):
        assert line in text.splitlines()
    for family in ("calcio_schema_lease_seconds", "calcio_migration_last_success_timestamp_seconds"):
        assert re.search(rf"^{family} [0-9.e+]+$", text, re.MULTILINE)


# As dashboards and alerts name them, with their labels.
PROMISED = {
    "calcio_schema_standing": ["standing"],
    "calcio_schema_found_info": ["head"],
    "calcio_schema_expected_info": ["head"],
    "calcio_schema_gate_info": ["mode"],
    "calcio_schema_ready": [],
    "calcio_schema_lease_seconds": [],
    "calcio_readers": ["release"],
    "calcio_migration_last_success_timestamp_seconds": [],
    "calcio_migration_duration_seconds": ["revision"],
    "calcio_migration_lock_wait_seconds": ["revision"],
    "calcio_migration_attempts": ["revision"],
    "calcio_http_requests_total": ["method", "resource", "status"],
    "calcio_http_request_duration_seconds_bucket": ["resource", "le"],
    "calcio_http_requests_in_flight": [],
    "calcio_pool_connections": ["state"],
    "calcio_pool_connections_max": [],
}


async def test_each_promised_metric_has_its_labels_and_a_value(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """Prometheus' own parser finds each one, and the Job's figures are those that the ledger holds."""
    detail = '{"tries": 3, "lock_wait_ms": 250.0}'
    at_head.execute(
        "UPDATE ledger_revision SET duration_ms = 1500 WHERE revision = '0002';"
        "INSERT INTO ledger_event (history, operation, revision, heads, detail)"
        f" VALUES ('alembic_version', 'upgrade', '0002', '{{0002}}', '{detail}')"
    )
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        await client.get("http://pod/api/v1/players")
        text = (await ask_management(client, "/metrics")).text
    samples = {
        sample.name: sample for family in text_string_to_metric_families(text) for sample in family.samples
    }
    assert {name: sorted(samples[name].labels) for name in PROMISED} == {
        name: sorted(labels) for name, labels in PROMISED.items()
    }
    for name, value in (("duration_seconds", 1.5), ("lock_wait_seconds", 0.25), ("attempts", 3)):
        sample = samples[f"calcio_migration_{name}"]
        assert (sample.labels, sample.value) == ({"revision": "0002"}, value)


@pytest.mark.usefixtures("at_head")
@pytest.mark.parametrize("path", ["/livez", "/startupz"])
async def test_liveness_knows_no_database(service_url: DatabaseUrl, path: str) -> None:
    """Kubelet never restarts a pod because of what its database does."""
    async with proxied(service_url) as (url, proxy):
        proxy.freeze()
        async with running_service(url) as client:
            assert (await ask_management(client, path)).text == "ok"


@pytest.mark.usefixtures("at_head")
async def test_the_ports_do_not_answer_for_each_other(service_url: DatabaseUrl) -> None:
    """What clients reach has no probes, and what kubelet reaches has no API."""
    async with running_service(service_url, public_reads=True) as client:
        await until_readyz(client, 200)
        for path in ("/livez", "/readyz", "/startupz", "/metrics", "/schema"):
            assert (await client.get(f"http://pod:8080{path}")).status_code == 404
        assert (await ask_management(client, "/api/v1/players")).status_code == 404
        refused = await client.post("http://pod:9090/readyz")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.usefixtures("at_head")
async def test_no_answer_of_the_api_is_taken_for_a_page(service_url: DatabaseUrl) -> None:
    """Whatever the API answers says that it is nothing that a browser may run, frame or guess at."""
    async with running_service(service_url, public_reads=True) as client:
        await until_readyz(client, 200)
        answers = [
            await client.get(f"http://pod{path}")
            for path in (
                "/api/v1/players",
                "/api/v1/players?x=y",
                "/api/v1/x",
                "/openapi.json",
                "/x",
                "/docs",
            )
        ]
    async with running_service(service_url.replace(database="nowhere")) as client:
        answers.append(await client.get("http://pod/api/v1/players"))
    assert [answer.status_code for answer in answers[1:]] == [422, 404, 200, 404, 200, 503]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        [policy] = answer.headers.get_list("content-security-policy")
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy


@pytest.mark.usefixtures("at_head")
async def test_readiness_can_be_read_by_programs(service_url: DatabaseUrl) -> None:
    """/readyz as JSON says what its lines say."""
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        document = (await ask_management(client, "/readyz", JSON)).json()
    assert document["ready"] is True
    assert document["standing"] == "at_head"
    assert document["found"] == document["expected"] == ["0002"]
    assert document["lease_s"] > 0
