"""The API's description as Chromium shows it, without a network to load anything from."""

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import DESKTOP, PHONE, faint, headings, is_as_wide_as_its_window, looking
from tests.database.gate.process import Service


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_description_can_be_read(
    browser: Browser, service: Service, viewport: dict[str, int], scheme: str
) -> None:
    """It fits the window, every text stands out, and it asks nobody for anything but itself."""
    with looking(browser, f"{service.http}/docs", viewport, color_scheme=scheme) as (page, complaints):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        assert is_as_wide_as_its_window(page)
        assert faint(page) == []
        assert headings(page)[:2] == [1, 2]
        assert asked == [f"{service.http}/docs"]
        assert complaints == []


def test_every_link_leads_somewhere(browser: Browser, service: Service) -> None:
    """What the page points to within itself is there."""
    with looking(browser, f"{service.http}/docs") as (page, _):
        links = page.locator("a[href^='#']").evaluate_all("links => links.map(link => link.hash)")
        assert links
        assert [link for link in links if not page.locator(link).count()] == []
