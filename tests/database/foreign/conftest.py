"""What the tests of other projects' histories share."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.database.foreign.project import Project
from tests.job.fixtures import found, job
from tests.repository.tree import ROOT
from tests.server.roles import fresh_database

__all__ = ["found", "job"]

REQUIREMENTS = ROOT / "requirements" / "foreign.txt"


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the other projects' packages, installed once for as long as they are pinned as they are."""
    content = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ROOT / ".pytest_cache" / "foreign" / content
    if not folder.is_dir():
        being_filled = folder.with_suffix(".part")
        install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
        what = ["--no-deps", "--require-hashes", "--requirement", str(REQUIREMENTS)]
        subprocess.run([*install, *what, "--target", str(being_filled)], check=True)
        being_filled.rename(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """`project(scripts…)` is a folder as `alembic init` makes it, with these revisions."""
    made: list[Project] = []

    def project(*revisions: str, **said: str) -> Project:
        made.append(Project(tmp_path / f"project-{len(made)}", **said).with_revisions(*revisions))
        return made[-1]

    return project


@pytest.fixture
def another_url(server_url: DatabaseUrl, owner_url: DatabaseUrl) -> Iterator[DatabaseUrl]:
    """A second database, for plain `alembic`."""
    with fresh_database(server_url) as name:
        yield owner_url.replace(database=name)
