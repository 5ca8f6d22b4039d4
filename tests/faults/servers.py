"""Servers of a test's own, to do to them what a shared one would not survive."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.server.embedded import EmbeddedServer, claim_port, make_folder, write_private


@contextmanager
def standby_of(primary: EmbeddedServer) -> Iterator[DatabaseUrl]:
    """A hot standby that streams from `primary`."""
    backup = primary.programs.folder / "pg_basebackup"
    if not backup.exists():
        pytest.skip(f"found no {backup}; a full installation of PostgreSQL has it")
    port = claim_port(0)
    data = make_folder(primary.data.parent, primary.account) / "standby"
    _copy(backup, primary, data)
    pg_ctl = primary.programs.folder / "pg_ctl"
    options = (
        f"-p {port} -c config_file={data}/postgresql.conf -k {data.parent} -c listen_addresses=127.0.0.1"
    )
    _run(primary, pg_ctl, "start", "-D", data, "-w", "-l", data.parent / "log", "-o", options)
    assert primary.url.password
    password = primary.url.password.reveal()
    try:
        yield DatabaseUrl.parse(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
    finally:
        _run(primary, pg_ctl, "stop", "-D", data, "-m", "immediate")


def _copy(backup: Path, primary: EmbeddedServer, data: Path) -> None:
    """Copy what `primary` has into `data`, where a server then begins as its standby."""
    passwords = data.parent / "passwords"
    assert primary.url.password
    write_private(passwords, f"*:*:*:*:{primary.url.password.reveal()}\n")
    primary.account.give(data.parent)
    host, user = primary.url.hosts[0], str(primary.url.user)
    where = ["-D", str(data), "-R", "-h", host.name, "-p", str(host.port), "-U", user]
    subprocess.run(
        # A checkpoint at once, for nobody wants to wait until the server has one by itself.
        [backup, *where, "-w", "-c", "fast"],
        env={"PGPASSFILE": str(passwords), "PATH": os.defpath},
        cwd="/",
        check=True,
        capture_output=True,
        **primary.account.for_subprocess,
    )


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system in `folder` that is soon full."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a small disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def enlarge(folder: Path, megabytes: int) -> None:
    """Give a small disk more room."""
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", folder], check=True)


def start_again(server: EmbeddedServer) -> None:
    """Stop what is left of a server that has failed, and start it as it was."""
    pg_ctl = server.programs.folder / "pg_ctl"
    options = f"--config-file={server.socket_folder}/postgresql.conf"
    restart = ("restart", "-D", server.data, "-m", "immediate", "-w", "-l", server.log, "-o", options)
    _run(server, pg_ctl, *restart)


def _run(primary: EmbeddedServer, *command: object) -> None:
    subprocess.run(
        [str(word) for word in command],
        cwd="/",
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **primary.account.for_subprocess,
    )
