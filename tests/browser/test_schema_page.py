"""The schema's page as Chromium shows it: on a phone and on a desk, by day and by night, with and without a script."""

import os
import re
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from db.contract.url import DatabaseUrl
from tests.browser.conftest import job
from tests.browser.looking import DESKTOP, PHONE, faint, headings, is_as_wide_as_its_window, looking
from tests.database.gate.process import Service
from tests.database.migrating import execute
from tests.eventually import eventually
from tests.listening import listens

# As a Job leaves it while it backfills: a step under way, and how far it came.
UNDER_WAY = """
INSERT INTO ledger_revision (history, revision, down_revisions, phase, breaks, required, state, digests, source)
VALUES ('alembic_version', '0008', '{0007}', 'data', '{}', false, 'applying', '{}', 'step')
"""
PROGRESS = """
INSERT INTO ledger_event (history, operation, revision, heads, detail) VALUES ('alembic_version', 'progress',
    '0008', '{0007}', '{"table": "player", "rows": 81, "rows_estimated": 180, "per_s": 27, "eta_s": 4}')
"""


def address(service: Service) -> str:
    return f"{service.management}/schema"


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read(
    browser: Browser, service: Service, viewport: dict[str, int], scheme: str
) -> None:
    """Nothing reaches out of the window, every text stands out from its ground, and headings are in order."""
    with looking(browser, address(service), viewport, color_scheme=scheme) as (page, complaints):
        page.locator("details").evaluate("one => one.open = true")
        assert is_as_wide_as_its_window(page)
        assert faint(page) == []
        levels = headings(page)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(following <= before + 1 for before, following in pairwise(levels))
        assert complaints == []


def test_night_is_darker_than_day(browser: Browser, service: Service) -> None:
    """Who asks for a dark page gets one."""
    grounds = []
    for scheme in ("light", "dark"):
        with looking(browser, address(service), color_scheme=scheme) as (page, _):
            grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


def test_a_new_step_appears_without_a_reload(
    browser: Browser, service: Service, database_url: DatabaseUrl
) -> None:
    """Whoever watches sees the steps being applied, on the page that they opened."""
    with looking(browser, address(service)) as (page, complaints):
        page.evaluate("window.opened = 'once'")
        page.locator("summary").click()
        waiting = page.locator(".steps .pending")
        expect(waiting).not_to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_have_text("Unfinished")
        job(database_url, "finish", "--soak", "0")
        expect(page.get_by_role("heading", level=1)).to_have_text("At head", timeout=20_000)
        expect(waiting).to_have_count(0)
        assert page.evaluate("window.opened") == "once"
        assert page.locator("details").evaluate("one => one.open")
        assert complaints == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_progress_of_a_step_is_drawn(
    browser: Browser, service: Service, database_url: DatabaseUrl, viewport: dict[str, int]
) -> None:
    """The bar is as much of its width as the percent beside it say, and both stay in the window."""
    execute(database_url, UNDER_WAY, PROGRESS)
    with looking(browser, address(service), viewport) as (page, complaints):
        running = page.locator(".running")
        expect(running).to_contain_text("backfill of player: 81 of about 180 rows, 27 a second")
        expect(running).to_contain_text("45 %")
        bar, whole = (running.locator(one).bounding_box() for one in (".bar rect", ".bar"))
        assert bar
        assert whole
        assert bar["width"] / whole["width"] == pytest.approx(0.45, abs=0.01)
        assert is_as_wide_as_its_window(page)
        assert faint(page) == []
        assert complaints == []


def test_without_a_script_the_page_tells_the_same(browser: Browser, service: Service) -> None:
    """Where nothing may run everything is there, and the page looks again by a refresh."""
    texts = []
    for enabled in (True, False):
        with looking(browser, address(service), PHONE, java_script_enabled=enabled) as (page, _):
            said = "\n".join(page.locator("section").all_inner_texts())
            texts.append(re.sub(r"\d+ s\b", "a while", said))
            refreshes = page.locator("noscript meta[http-equiv=refresh], head > meta[http-equiv=refresh]")
            assert refreshes.count() == (0 if enabled else 1)
    assert texts[0] == texts[1]
    assert "0001" in texts[1]


def test_the_page_says_that_nobody_answers_any_more(browser: Browser, service: Service) -> None:
    """What is shown when the pod is gone is not taken for what is."""
    with looking(browser, address(service)) as (page, _):
        page.evaluate("document.querySelector('main').dataset.moving = 'yes'")
        os.killpg(service.process.pid, signal.SIGKILL)
        expect(page.locator("#live")).to_contain_text("gets no answer", timeout=20_000)
        expect(page.get_by_role("heading", level=1)).to_have_text("Unfinished")


def test_the_answer_of_another_is_not_shown(browser: Browser, service: Service) -> None:
    """Whoever listens there when the pod is gone, the page goes on to show what was known last."""
    asked: list[str] = []

    class Another(BaseHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(self.path)

        def log_error(self, *_: object) -> None:
            """Say nothing."""

    with looking(browser, address(service)) as (page, _):
        page.evaluate("document.querySelector('main').dataset.moving = 'yes'")
        os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait()
        port = urlsplit(service.management).port or 0
        eventually(lambda: not listens(port))  # its worker, which held the port too, ends a little later
        with ThreadingHTTPServer(("127.0.0.1", port), Another) as another:
            serving = threading.Thread(target=another.serve_forever)
            serving.start()
            try:
                # By the second question the first answer was looked at.
                while len(asked) < 2:
                    page.wait_for_event("request", timeout=20_000)
                expect(page.get_by_role("heading", level=1)).to_have_text("Unfinished")
                expect(page.locator("#live")).to_contain_text("gets no answer")
            finally:
                another.shutdown()
                serving.join()
