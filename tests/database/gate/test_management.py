"""The second port: what people, kubelet and Prometheus are told, and what none of them can do."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import httpx
import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, SECOND, TRAILING, Ledger, revision
from tests.database.gate.proxy import proxied
from tests.database.gate.running import SHORT, running_service, until_answered, until_readyz

pytestmark = pytest.mark.anyio

JSON = {"accept": "application/json"}
NASTY = "<script>alert('&')</script>"


@pytest.fixture
def at_head(ledger: Ledger) -> Ledger:
    ledger.apply(FIRST, SECOND)
    return ledger


class Tags(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


async def ask(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return await client.get(f"http://pod:9090{path}", headers=headers)


async def test_the_page_and_its_json_tell_the_same(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """Standing, steps, events and readers are on the page as they are in the document."""
    with at_head.transaction() as cursor:
        cursor.execute(
            "INSERT INTO ledger_event (history, operation, revision, heads, detail)"
            " VALUES ('alembic_version', 'upgrade', '0002', '{0002}', %s)",
            [json.dumps({"tries": 3})],
        )
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        document = (await ask(client, "/schema", JSON)).json()
        page = (await ask(client, "/schema")).text
    assert document["standing"] == "at_head"
    assert {step["revision"] for step in document["steps"]} == {"0001", "0002"}
    assert document["events"][0]["detail"] == {"tries": 3}
    [reader] = document["readers"]
    assert (reader["release"], reader["heads"], reader["readers"]) == ("dev", ["0002"], 1)
    for shown in ("at head", "0001", "0002", "upgrade", "release dev", "1.4.0", document["reason"]):
        assert shown in page


async def test_whatever_the_ledger_holds_is_text(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """A name in the ledger that looks like HTML is shown, and never obeyed."""
    with at_head.transaction() as cursor:
        cursor.execute("UPDATE ledger_revision SET release = %s, phase = %s", [NASTY, NASTY])
        cursor.execute(
            "INSERT INTO ledger_event (history, operation, heads, release, actor, detail)"
            " VALUES ('alembic_version', %s, '{}', %s, %s, %s)",
            [NASTY, NASTY, NASTY, json.dumps({NASTY: '"><img src=x>'})],
        )
    async with running_service(service_url, pod_name=NASTY) as client:
        await until_readyz(client, 200)
        page = (await ask(client, "/schema")).text
    assert [tag for tag, _ in Tags(page).seen].count("script") == 1
    assert "img" not in {tag for tag, _ in Tags(page).seen}
    assert escape(NASTY) in page


async def test_the_page_loads_nothing_and_runs_its_own_script_only(
    at_head: Ledger, service_url: DatabaseUrl
) -> None:
    """Its policy allows one style sheet and one script by their hashes, and no attribute would need more."""
    at_head.apply(TRAILING)
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        answer = await ask(client, "/schema")
    policy = answer.headers["content-security-policy"]
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    tags = Tags(answer.text).seen
    assert not any({"style", "src", "href", "onclick"} & attributes.keys() for _, attributes in tags)
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in tags


async def test_a_step_under_way_is_shown_as_such(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """While a step is under way the page shows it and looks again more often, and afterwards no more."""
    ledger.apply(FIRST, SECOND)
    ledger.apply(revision("0003", "0002"), state="applying", heads=("0002",))
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        page = (await ask(client, "/schema")).text
        assert "<h2>Under way</h2>" in page
        assert "<main data-moving" in page
        ledger.apply(revision("0003", "0002"))
        await until_readyz(client, 200)
        page = (await ask(client, "/schema")).text
        assert "<h2>Under way</h2>" not in page
        assert "<main>" in page


async def test_what_differs_from_the_history_is_drift(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """An invalid index and a constraint nobody validated are named, as is what is to come and what was waited for."""
    with at_head.transaction() as cursor:
        cursor.execute("CREATE TABLE pitch (id int)")
        cursor.execute("ALTER TABLE pitch ADD CONSTRAINT large CHECK (id > 0) NOT VALID")
        cursor.execute(
            "INSERT INTO ledger_event (history, operation, revision, heads, detail)"
            " VALUES ('alembic_version', 'upgrade', '0002', '{0002}', %s)",
            [json.dumps({"tries": 3, "blockers": ["pid 4711 (psql)"]})],
        )
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        page = (await ask(client, "/schema")).text
        document = (await ask(client, "/schema", JSON)).json()
        metrics = (await ask(client, "/metrics")).text
    assert document["drift"] == ["constraint large is not validated"]
    assert document["steps"][0]["blockers"] == ["pid 4711 (psql)"]
    for shown in ("constraint large is not validated", "3 tries", "in its way: pid 4711 (psql)"):
        assert shown in page
    assert 'calcio_migration_attempts{revision="0002"} 3.0' in metrics.splitlines()


async def test_a_long_history_is_known_whole(at_head: Ledger, service_url: DatabaseUrl) -> None:
    """The page shows the newest 200 steps; what is older than these is neither to come nor unlooked at."""
    names = [f"{number}" for number in range(1000, 1201)]
    at_head.apply(*(revision(name, below) for below, name in pairwise(["0002", *names])))
    with at_head.transaction() as cursor:
        cursor.execute("UPDATE ledger_revision SET digests = '{another}' WHERE revision = '0001'")
    async with running_service(service_url) as client:
        await until_answered(client)
        document = (await ask(client, "/schema", JSON)).json()
        page = (await ask(client, "/schema")).text
    assert document["standing"] == "foreign"
    assert document["pending"] == []
    assert document["drift"] == ["revision 0001 was edited since it was applied"]
    assert len(document["steps"]) == 200
    assert page.count('<li class="">') == 200


@pytest.mark.usefixtures("at_head")
async def test_without_a_database_there_is_still_a_page(service_url: DatabaseUrl) -> None:
    """Whoever looks while the database is away is told so, with what was known last."""
    async with (
        proxied(service_url) as (url, proxy),
        running_service(url, **{**SHORT, "lease_s": 60.0}) as client,
    ):
        await until_readyz(client, 200)
        proxy.freeze()
        answer = await ask(client, "/schema")
        assert answer.status_code == 200
        assert "The ledger is not shown" in answer.text
        assert (await ask(client, "/schema", JSON)).json()["steps"] is None
        assert (await ask(client, "/metrics")).status_code == 200


@pytest.mark.usefixtures("at_head")
async def test_metrics_are_what_prometheus_reads(service_url: DatabaseUrl) -> None:
    """Each promised family is there, with the labels that dashboards and alerts name."""
    async with running_service(service_url) as client:
        await until_readyz(client, 200)
        assert (await client.get("http://pod/api/v1/players")).status_code == 503
        await client.get("http://pod/nowhere")
        await client.request("BREW", "http://pod/api/v1/coffee")
        text = (await ask(client, "/metrics")).text
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


@pytest.mark.usefixtures("at_head")
@pytest.mark.parametrize("path", ["/livez", "/startupz"])
async def test_liveness_knows_no_database(service_url: DatabaseUrl, path: str) -> None:
    """Kubelet never restarts a pod because of what its database does."""
    async with proxied(service_url) as (url, proxy):
        proxy.freeze()
        async with running_service(url) as client:
            assert (await ask(client, path)).text == "ok"


@pytest.mark.usefixtures("at_head")
async def test_the_ports_do_not_answer_for_each_other(service_url: DatabaseUrl) -> None:
    """What clients reach has no probes, and what kubelet reaches has no API."""
    async with running_service(service_url, public_reads=True) as client:
        await until_readyz(client, 200)
        for path in ("/livez", "/readyz", "/startupz", "/metrics", "/schema"):
            assert (await client.get(f"http://pod:8080{path}")).status_code == 404
        assert (await ask(client, "/api/v1/players")).status_code == 404
        assert (await client.post("http://pod:9090/readyz")).status_code == 405


@pytest.mark.usefixtures("at_head")
async def test_no_answer_of_the_api_is_taken_for_a_page(service_url: DatabaseUrl) -> None:
    """Whatever the API answers says that it is nothing that a browser may run, frame or guess at."""
    async with running_service(service_url, public_reads=True) as client:
        await until_readyz(client, 200)
        answers = [
            await client.get(f"http://pod{path}")
            for path in ("/api/v1/players", "/openapi.json", "/x", "/docs")
        ]
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
        document = (await ask(client, "/readyz", JSON)).json()
    assert document["ready"] is True
    assert document["standing"] == "at_head"
    assert document["found"] == document["expected"] == ["0002"]
    assert document["lease_s"] > 0
