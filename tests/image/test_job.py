"""The migrating image at work, restricted as in a cluster, on a real database."""

import json
from contextlib import closing

import psycopg2

from db.contract import lockfile
from db.contract.names import History
from db.contract.url import DatabaseUrl
from db.runner.lock import key
from tests.image.conftest import Images
from tests.image.engine import Container, Engine
from tests.image.given import given


def outcome(container: Container) -> dict[str, object]:
    """The last line of its log."""
    said: dict[str, object] = json.loads(container.log().splitlines()[-1])
    return said


def test_the_job_brings_an_empty_database_to_its_head(
    engine: Engine, images: Images, database_url: DatabaseUrl
) -> None:
    """`upgrade` and then `finish` end with 0, and the database is where the lockfile ends."""
    for arguments in ([], ["finish", "--soak", "0"]):
        with engine.started(images.migrate, *arguments, environ=given(database_url)) as job:
            assert job.exit_code() == 0, job.log()
            assert outcome(job)["outcome"] == "applied"
    with (
        closing(psycopg2.connect(**database_url.for_psycopg2())) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT version_num FROM alembic_version")
        assert cursor.fetchall() == [(lockfile.read_entries()[-1].revision.revision,)]


def test_sigterm_ends_the_job(engine: Engine, images: Images, database_url: DatabaseUrl) -> None:
    """As process 1, too, a Job that waits ends with 143 and says that it was told to."""
    with closing(psycopg2.connect(**database_url.for_psycopg2())) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key(History())])
        with engine.started(images.migrate, environ=given(database_url)) as job:
            assert job.says("lock.waiting"), job.log()
            job.terminate()
            assert job.exit_code() == 143
            assert outcome(job)["outcome"] == "cancelled"
