"""A server that does not answer, is starting, or is busy: the run keeps its deadlines, and says that it lives."""

import socket
from collections.abc import Iterator

import pytest

from tests.job.database import HOLDER, Database
from tests.job.fixtures import Build
from tests.job.process import Job, text_of
from tests.job.scripts import FIRST, INDEX


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a port where connections are accepted and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://calcio:secret@127.0.0.1:{server.getsockname()[1]}/calcio"


def test_a_server_that_never_answers_is_unreachable(job: Job, silent: str) -> None:
    """69 at the deadline: no try hangs, however dead the other side is."""
    environ = {"DATABASE_URL_FILE": "", "DATABASE_URL": f"{silent}?connect_timeout=2"}
    ended = job.run("upgrade", environ=environ, connect_deadline_s=1)
    assert ended.code == 69, ended.text
    assert "did not answer" in ended.outcome["message"]
    assert "secret" not in ended.text


def test_a_mounted_secret_may_end_in_a_newline(
    job: Job, found: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What an editor adds to a Secret is ignored, with a warning."""
    secret = tmp_path_factory.mktemp("secret") / "DATABASE_URL"
    secret.write_text(text_of(job.url) + "\n")
    ended = job.run("check", environ={"DATABASE_URL_FILE": str(secret)})
    assert ended.code == 79, ended.text
    assert "newline" in ended.events("warning")[0]["message"]
    assert found.schema == []


def test_a_secret_that_is_not_mounted_is_told_by_its_path(job: Job) -> None:
    """78 names the file, before anything is tried."""
    ended = job.run("upgrade", environ={"DATABASE_URL_FILE": "/nowhere/DATABASE_URL"})
    assert ended.code == 78, ended.text
    assert "/nowhere/DATABASE_URL" in ended.outcome["message"]


def test_a_long_step_shows_that_it_lives_and_who_is_in_its_way(
    job: Job, found: Database, image: Build
) -> None:
    """A concurrent index behind an old transaction waits without a limit, and tells every ten seconds for whom."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction("INSERT INTO player VALUES (1, 'p', 1)") as writer:
        running = job.start("upgrade", image=image(FIRST, INDEX))
        assert HOLDER in str(running.until("step.running")["blockers"])
        writer.connection.commit()
        ended = running.end()
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")
