"""A connection pooler between the Job and PostgreSQL: found out before the lock, which not every one could hold."""

import pytest

from tests.faults.pooler import REFUSES, SWALLOWS, Pooled
from tests.job.database import Database
from tests.job.image import Image
from tests.job.process import Job, text_of


@pytest.mark.parametrize(
    ("mode", "ignored", "size"),
    [
        ("transaction", REFUSES, 20),
        ("transaction", SWALLOWS, 20),
        ("transaction", SWALLOWS, 1),
        ("session", REFUSES, 20),
        ("session", SWALLOWS, 1),
    ],
)
@pytest.mark.parametrize("command", ["upgrade", "finish"])
def test_a_pooler_is_refused(
    job: Job,
    found: Database,
    release_1: Image,
    pooled: Pooled,
    command: str,
    mode: str,
    ignored: str,
    size: int,
) -> None:
    """76, where it lends transactions, refuses our settings, or has no second session to lend, for who looks on."""
    environ = {"DATABASE_URL_FILE": "", "DATABASE_URL": text_of(pooled(mode, ignored, size))}
    ended = job.run(command, image=release_1, environ=environ)
    assert ended.code == 76, ended.text
    assert "pooler" in ended.outcome["message"]
    assert "DATABASE_URL_DIRECT" in ended.outcome["hint"]
    assert found.fingerprint == []


def test_the_direct_url_goes_past_the_pooler(
    job: Job, found: Database, release_1: Image, pooled: Pooled
) -> None:
    """Where the service's URL is a pooler's, DATABASE_URL_DIRECT names PostgreSQL, and is what the Job takes."""
    environ = {
        "DATABASE_URL_FILE": "",
        "DATABASE_URL": text_of(pooled("transaction")),
        "DATABASE_URL_DIRECT": text_of(job.url),
    }
    ended = job.run("upgrade", image=release_1, environ=environ)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001")
