"""/schema: what people are told of the schema, as a page and as JSON."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FIRST, SECOND, TRAILING, Ledger, revision
from tests.database.gate.proxy import proxied
from tests.database.gate.running import (
    JSON,
    SHORT,
    ask_management,
    running_service,
    until_answered,
    until_readyz,
)

pytestmark = pytest.mark.anyio

NASTY = "<script>alert('&')</script>"


class Tags(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


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
        document = (await ask_management(client, "/schema", JSON)).json()
        page = (await ask_management(client, "/schema")).text
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
        at_head.touch(cursor)
        cursor.execute(
            "INSERT INTO ledger_event (history, operation, heads, release, actor, detail)"
            " VALUES ('alembic_version', %s, '{}', %s, %s, %s)",
            [NASTY, NASTY, NASTY, json.dumps({NASTY: '"><img src=x>'})],
        )
    async with running_service(service_url, pod_name=NASTY) as client:
        await until_readyz(client, 200)
        page = (await ask_management(client, "/schema")).text
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
        answer = await ask_management(client, "/schema")
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
        page = (await ask_management(client, "/schema")).text
        assert "<h2>Under way</h2>" in page
        assert "<main data-moving" in page
        ledger.apply(revision("0003", "0002"))
        await until_readyz(client, 200)
        page = (await ask_management(client, "/schema")).text
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
        page = (await ask_management(client, "/schema")).text
        document = (await ask_management(client, "/schema", JSON)).json()
        metrics = (await ask_management(client, "/metrics")).text
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
        at_head.touch(cursor)
    async with running_service(service_url) as client:
        await until_answered(client)
        document = (await ask_management(client, "/schema", JSON)).json()
        page = (await ask_management(client, "/schema")).text
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
        answer = await ask_management(client, "/schema")
        assert answer.status_code == 200
        assert "The ledger is not shown" in answer.text
        assert (await ask_management(client, "/schema", JSON)).json()["steps"] is None
        assert (await ask_management(client, "/metrics")).status_code == 200
