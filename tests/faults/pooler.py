"""A real PgBouncer between the Job and the test's database."""

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
default_pool_size = {size}
ignore_startup_parameters = {ignored}
"""
Pooled = Callable[..., DatabaseUrl]
# What it does with the settings of a client's `options`.
REFUSES, SWALLOWS = "extra_float_digits", "extra_float_digits, options"


@contextmanager
def pooler(url: DatabaseUrl, folder: Path, mode: str, ignored: str, size: int) -> Iterator[DatabaseUrl]:
    """The same database through PgBouncer, which is user and password enough for it."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if program is None:
        pytest.skip("found no pgbouncer; `apt-get install pgbouncer` brings one")
    assert url.password
    listen = claim_port(0)
    there = {"host": url.hosts[0].name, "port": url.hosts[0].port, "user": url.user, "database": url.database}
    ini = folder / "pgbouncer.ini"
    pool = {"listen": listen, "mode": mode, "ignored": ignored, "size": size}
    ini.write_text(INI.format(**there, **pool, password=url.password.reveal()))
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
    """`pooled(mode, ignored, size)` is the test's database by way of a pooler."""
    with ExitStack() as poolers:

        def pooled(mode: str, ignored: str = REFUSES, size: int = 20) -> DatabaseUrl:
            folder = Path(poolers.enter_context(tempfile.TemporaryDirectory(prefix="calcio-", dir="/tmp")))
            return poolers.enter_context(pooler(database_url, folder, mode, ignored, size))

        yield pooled
