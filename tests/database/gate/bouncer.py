"""Runs a real PgBouncer in transaction mode before a database, where its program is installed."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.contract.url import DatabaseUrl, Host
from db.contract.value import replace
from tests.eventually import eventually
from tests.listening import listens
from tests.server.account import server_account
from tests.server.embedded import claim_port, make_folder, write_private

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
IS_INSTALLED = Path(PROGRAM).exists()
CONFIGURATION = """
[databases]
* = host={host} port={server_port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
{more}
"""


@contextmanager
def pooled(url: DatabaseUrl, more: str = "") -> Iterator[DatabaseUrl]:
    """The same database through a transaction pooler that has two connections for everybody."""
    account, port = server_account(), claim_port(0)
    home = make_folder(Path(tempfile.gettempdir()), account)
    server, password = url.hosts[0], url.password
    assert password
    text = CONFIGURATION.format(
        host=server.name,
        server_port=server.port,
        user=url.user,
        password=password.reveal(),
        port=port,
        more=more,
    )
    write_private(home / "pgbouncer.ini", text)
    account.give(home)
    process = subprocess.Popen(
        [PROGRAM, home / "pgbouncer.ini"], cwd=home, stderr=subprocess.DEVNULL, **account.for_subprocess
    )
    try:
        eventually(lambda: listens(port))
        yield replace(url, hosts=(Host("127.0.0.1", port),))
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home)
