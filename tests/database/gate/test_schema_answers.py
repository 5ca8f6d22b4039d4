"""/schema: what it says of each release's readers, and in which form it is answered."""

import re

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger
from tests.database.gate.running import DEADLINE_S, JSON, ask_management, running_service, until_readyz

pytestmark = pytest.mark.anyio

READER = """
INSERT INTO ledger_reader (instance, history, name, release, heads, registered_at, expires_at)
VALUES (gen_random_uuid(), 'alembic_version', 'pod', %s, '{0001}', now(), now() + %s::interval)
"""
LEASE = {"lease_s": 120.0, "heartbeat_s": 30.0}


@pytest.mark.usefixtures("at_head")
async def test_each_release_tells_how_old_its_leases_are(ledger: Ledger, service_url: DatabaseUrl) -> None:
    """How many read, when the first and the last of them renewed, and what is left: an ended lease counts no more."""
    with ledger.transaction() as cursor:
        for release, left_s in (("old", 100), ("old", 40), ("old", -1), ("new", 90), ("slow", 500)):
            cursor.execute(READER, [release, f"{left_s} s"])
    async with running_service(service_url, **LEASE) as client:
        await until_readyz(client, 200)
        document = (await ask_management(client, "/schema", JSON)).json()
        page = (await ask_management(client, "/schema")).text
    readers = {one["release"]: one for one in document["readers"]}
    assert {release: one["readers"] for release, one in readers.items()} == {
        "dev": 1, "new": 1, "old": 2, "slow": 1
    }  # fmt: skip
    old = readers["old"]
    for age, left in (("newest_renewal_s", "longest_lease_s"), ("oldest_renewal_s", "shortest_lease_s")):
        assert old[age] + old[left] == pytest.approx(120)
    assert old["longest_lease_s"] - old["shortest_lease_s"] == pytest.approx(60, abs=0.5)
    assert 20 <= old["newest_renewal_s"] <= 20 + DEADLINE_S
    # Of a lease longer than it is here nothing is known but that it was not renewed in the future.
    assert readers["slow"]["oldest_renewal_s"] == 0
    [own] = re.findall(r"<tr><td>old</td>.*?</tr>", page, re.DOTALL)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", own)
    assert cells[:3] == ["old", "0001", "2"]
    assert re.fullmatch(r"\d+ to \d+ s ago", cells[3])
    assert re.fullmatch(r"\d+ to \d+ s", cells[4])


@pytest.mark.usefixtures("at_head")
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("application/problem+json, application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("application/xml", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
    ],
)
async def test_who_asks_for_neither_gets_the_page(service_url: DatabaseUrl, accept: str, kind: str) -> None:
    """JSON is for whoever names it; nobody is sent away with 406, and a cache is told what the answer hangs on."""
    async with running_service(service_url) as client:
        answer = await ask_management(client, "/schema", {"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["vary"] == "accept"
