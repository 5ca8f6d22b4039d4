"""The readers on the schema's page, as Chromium shows them."""

import re

import pytest
from playwright.sync_api import Browser, expect

from db.contract.url import DatabaseUrl
from tests.browser.looking import DESKTOP, PHONE, faint, is_as_wide_as_its_window, looking
from tests.browser.test_schema_page import address
from tests.database.gate.process import Service
from tests.database.migrating import execute

LINES = "one => { const range = new Range(); range.selectNodeContents(one); return range.getClientRects().length }"
# A release whose pods renew at different times.
OLD_READER = """
INSERT INTO ledger_reader (instance, history, name, release, heads, registered_at, expires_at)
VALUES (gen_random_uuid(), 'alembic_version', 'calcio-service-old', 'v1-3-0', '{{0005}}', clock_timestamp(),
        clock_timestamp() + interval '{} s')
"""


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_readers_of_each_release_are_a_row(
    browser: Browser, service: Service, database_url: DatabaseUrl, viewport: dict[str, int]
) -> None:
    """How many there are, when they renewed their leases and what is left of them; no word of it breaks."""
    execute(database_url, *(OLD_READER.format(left_s) for left_s in (105, 60)))
    with looking(browser, address(service), viewport) as (page, complaints):
        table = page.locator("table")
        expect(table.locator("th")).to_have_text(["Release", "Expects", "Readers", "Renewed", "Lease left"])
        expect(table.locator("tbody tr")).to_have_count(2)
        old = table.locator("tbody tr", has_text="v1-3-0").locator("td")
        expect(old).to_have_text(
            [
                "v1-3-0",
                "0005",
                "2",
                re.compile(r"^\d+ to \d+ s ago$"),
                re.compile(r"^\d+ to \d+ s$"),
            ]
        )
        assert [told for told in table.locator("th, td").all() if told.evaluate(LINES) != 1] == []
        assert table.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth")
        assert is_as_wide_as_its_window(page)
        assert faint(page) == []
        assert complaints == []
