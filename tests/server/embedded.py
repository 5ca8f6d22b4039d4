"""Runs a PostgreSQL server for as long as a block lasts, whoever starts it, and leaves nothing behind."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl
from tests.server.account import Account, server_account
from tests.server.programs import Programs, find_programs

START_DEADLINE_S = 60
STOP_DEADLINE_S = 30
OPEN_TO_ALL = ("/tmp", "/var/tmp")  # noqa: S108 - a private folder is made in them
LONGEST_BASE = 80  # the path of a Unix socket has 107 bytes
BELOW_OUTGOING = range(15000, 32000)
VOLATILE = {"fsync": "off", "full_page_writes": "off"}

# The guardian owns the server. It lives until its standard input closes, which the kernel sees to however
# its parent ends, and then stops the server and removes every file: no signal handler could promise that.
GUARDIAN = """
bin=$1 data=$2 home=$3
trap : HUP INT TERM
cd "$home" || exit
if "$bin/initdb" --pgdata="$data" --username=postgres --pwfile=password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync >log 2>&1 &&
    rm password &&
    "$bin/pg_ctl" start --silent --pgdata="$data" --log=log --timeout="$4" \
        --options=--config-file=postgresql.conf >>log 2>&1
then echo ready; read -r _
else tail -n 20 log
fi
"$bin/pg_ctl" stop --silent --pgdata="$data" --timeout=10 >/dev/null 2>&1 ||
    "$bin/pg_ctl" stop --silent --pgdata="$data" --mode=immediate >/dev/null 2>&1
cd / && rm -rf "$data" "$home"
"""


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: its superuser's URL and the places a test of faults may want to touch."""

    url: DatabaseUrl
    programs: Programs
    account: Account
    socket_folder: Path
    data: Path
    log: Path


@contextmanager
def running(
    port: int = 0,
    settings: Mapping[str, str] = VOLATILE,
    directory: Path | None = None,
    programs: Programs | None = None,
) -> Iterator[EmbeddedServer]:
    """Start a server on 127.0.0.1 and in a Unix socket, and stop it when the block ends.

    `port` 0 takes a free one. `directory` is where the data lies, if not in the system's temporary folder;
    a folder made in it goes with the server. `programs` are those of find_programs() where none are named.
    """
    port = claim_port(port)
    account = server_account()
    home, programs = settle(programs or find_programs(), account)
    try:
        data = make_folder(directory, account) if directory else home / "data"
        password = secrets.token_hex(16)
        write_private(home / "password", password)
        fixed = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(home)}
        write_private(home / "postgresql.conf", configuration(data, {"timezone": "UTC", **settings, **fixed}))
        account.give(home)
        url = DatabaseUrl.parse(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
        with guarded(programs, account, data, home):
            yield EmbeddedServer(url, programs, account, home, data, home / "log")
    finally:
        shutil.rmtree(home, ignore_errors=True)  # where the guardian never began


def claim_port(port: int) -> int:
    """The port, or for 0 one that is free now and that no outgoing connection will be given meanwhile."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for candidate in [port] if port else secrets.SystemRandom().sample(BELOW_OUTGOING, 20):
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError as error:
                reason = error.strerror
            else:
                return candidate
    raise Refusal(
        ExitCode.CONFIGURATION,
        f"Port {candidate} of 127.0.0.1 cannot be had: {reason}",
        "Stop what listens there, or choose another port",
    )


def settle(programs: Programs, account: Account) -> tuple[Path, Programs]:
    """A short private folder in which the account can start the programs, copied there if it must be."""
    objection: str | None = None
    bases = (base for base in (tempfile.gettempdir(), *OPEN_TO_ALL) if len(base) < LONGEST_BASE)
    for base in dict.fromkeys(bases):
        home = make_folder(Path(base), account)
        if not (objection := account.objection(home, programs.folder / "postgres")):
            return home, programs
        if programs.bundle:
            copy = programs.staged(home / "server")
            account.give(home)
            if not (objection := account.objection(home, copy.folder / "postgres")):
                return home, copy
        shutil.rmtree(home)
    raise Refusal(
        ExitCode.PERMISSION,
        f"User {account.uid} cannot start {programs.folder / 'postgres'}: {objection}",
        "Name the folder of other programs in PG_BINDIR, or a temporary folder open to all in TMPDIR",
    )


def make_folder(base: Path, account: Account) -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix="calcio-", dir=base))
    except OSError as error:
        raise Refusal(
            ExitCode.PERMISSION,
            f"No folder can be made in {base}: {error.strerror}",
            "Name another folder, or set TMPDIR to one that you may write to",
        ) from error
    account.give(folder)
    return folder


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def configuration(data: Path, settings: Mapping[str, str]) -> str:
    lines = [f"include {quoted(str(data / 'postgresql.conf'))}"]
    lines += [f"{name} = {quoted(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def guarded(programs: Programs, account: Account, data: Path, home: Path) -> Iterator[None]:
    guardian = subprocess.Popen(
        ["/bin/sh", "-c", GUARDIAN, "guardian", programs.folder, data, home, str(START_DEADLINE_S)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        start_new_session=True,  # a Ctrl-C is for the tests; they still need the server to clean up
        **account.for_subprocess,
    )
    assert guardian.stdout
    try:
        if (said := guardian.stdout.readline()) != "ready\n":
            raise Refusal(
                ExitCode.UNREACHABLE,
                f"The PostgreSQL server did not start; it said:\n{said}{guardian.stdout.read()}",
                "Correct what it says, or name a running server: pytest --database-url URL",
            )
        yield
    finally:
        guardian.communicate(timeout=STOP_DEADLINE_S)
