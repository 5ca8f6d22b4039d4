"""A real Chromium, and the real service for it to look at."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from db.contract.url import DatabaseUrl
from tests.database.gate.process import Service, environment, served
from tests.repository.tree import ROOT
from tests.server.roles import SERVICE

NAMES = ("chromium", "chromium-browser", "google-chrome")
NEEDED = f"found none of {', '.join(NAMES)}; `apt-get install chromium` brings one"


# Not for the whole session: while Playwright waits, its event loop runs, and no other test can run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium: none is downloaded."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)(NEEDED)
    # In a container there is no user namespace for a sandbox; what is looked at is our own.
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


def job(url: DatabaseUrl, *command: str) -> None:
    """What the Job of this release does."""
    environ = environment(url, app_role=SERVICE, release="v1-4-0")
    arguments = [sys.executable, "-m", "db", *command]
    subprocess.run(arguments, cwd=ROOT, env=environ, check=True, capture_output=True)


@pytest.fixture
def service(database_url: DatabaseUrl, service_url: DatabaseUrl, tmp_path: Path) -> Iterator[Service]:
    """The service on a database whose last revisions are yet to come."""
    job(database_url, "upgrade")
    with served(tmp_path, service_url, release="v1-4-0", pod_name="calcio-service-0", drain_s=0) as running:
        yield running
