"""The fixtures of every test that runs the Job: import them into a conftest.py."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from db.contract.url import DatabaseUrl
from tests.job.database import Database
from tests.job.image import Image, build
from tests.job.process import Job
from tests.job.scripts import HISTORY, Script

Build = Callable[..., Image]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """`image(*scripts)` is the image of these scripts; it is built once."""
    built: dict[tuple[Script, ...], Image] = {}

    def image(*scripts: Script) -> Image:
        if scripts not in built:
            built[scripts] = build(tmp_path_factory.mktemp("image"), *scripts)
        return built[scripts]

    return image


@pytest.fixture
def release_1(image: Build) -> Image:
    """Reads what release 2 takes away."""
    return image(*HISTORY[:1])


@pytest.fixture
def release_2(image: Build) -> Image:
    """Requires 0002; a backfill and a contract trail it."""
    return image(*HISTORY)


@pytest.fixture
def found(database_url: DatabaseUrl) -> Database:
    """The database that the Jobs of this test move."""
    return Database(database_url)


@pytest.fixture
def job(database_url: DatabaseUrl, found: Database, tmp_path: Path) -> Iterator[Job]:
    """Runs `python -m db`; see `told_nobody`."""
    with told_nobody(Job(database_url, tmp_path), found) as job:
        yield job


@contextmanager
def told_nobody(job: Job, found: Database) -> Iterator[Job]:
    """Whatever happens to the runs of the block, the password is nowhere that one could have left it."""
    yield job
    for run in job.runs:
        if run.process.poll() is None:
            run.process.kill()
    assert job.url.password
    password = job.url.password.reveal()
    for number, run in enumerate(job.runs):
        assert password not in run.end().text, f"run {number}"
        assert password not in run.arguments, f"run {number}"
    try:
        left = found.dump()
    except psycopg2.OperationalError:
        return  # the test took the database away
    assert password not in left
