"""A connection pooler between the Job and PostgreSQL: found out before the lock, which it could not hold."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.job.database import Database
from tests.job.image import Image
from tests.job.process import Job, text_of
from tests.server.account import server_account
from tests.server.embedded import claim_port
from tests.server.roles import session

INI = """
[databases]
{database} = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = {ignored}
"""
Pooled = Callable[..., DatabaseUrl]


@contextmanager
def pooler(url: DatabaseUrl, folder: Path, mode: str, ignored: str) -> Iterator[DatabaseUrl]:
    """The same database through PgBouncer, which is user and password enough for it."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if program is None:
        pytest.skip("found no pgbouncer; `apt-get install pgbouncer` brings one")
    assert url.password
    listen = claim_port(0)
    there = {"host": url.hosts[0].name, "port": url.hosts[0].port, "user": url.user, "database": url.database}
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        INI.format(**there, password=url.password.reveal(), listen=listen, mode=mode, ignored=ignored)
    )
    account = server_account()
    account.give(folder)
    process = subprocess.Popen(
        [program, "--quiet", str(ini)], stderr=subprocess.DEVNULL, cwd="/", **account.for_subprocess
    )
    pooled = DatabaseUrl.parse(
        f"postgresql://{url.user}:{url.password.reveal()}@127.0.0.1:{listen}/{url.database}"
    )
    try:
        eventually(lambda: answers(pooled) or process.poll())
        yield pooled
    finally:
        process.terminate()
        process.wait()


def answers(url: DatabaseUrl) -> bool:
    try:
        with session(url):
            return True
    except psycopg2.OperationalError:
        return False


@pytest.fixture
def pooled(database_url: DatabaseUrl) -> Iterator[Pooled]:
    """`pooled(mode, ignored)` is the test's database by way of a pooler."""
    with ExitStack() as poolers:

        def pooled(mode: str, ignored: str = "extra_float_digits") -> DatabaseUrl:
            folder = Path(poolers.enter_context(tempfile.TemporaryDirectory(prefix="calcio-", dir="/tmp")))
            return poolers.enter_context(pooler(database_url, folder, mode, ignored))

        yield pooled


@pytest.mark.parametrize("ignored", ["extra_float_digits", "extra_float_digits, options"])
@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.parametrize("command", ["upgrade", "finish"])
def test_a_pooler_is_refused(
    job: Job, found: Database, release_1: Image, pooled: Pooled, command: str, mode: str, ignored: str
) -> None:
    """76, whichever way it pools, whether it refuses our settings or swallows them: they are what the lock needs."""
    environ = {"DATABASE_URL_FILE": "", "DATABASE_URL": text_of(pooled(mode, ignored))}
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
