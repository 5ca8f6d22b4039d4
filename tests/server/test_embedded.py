"""The embedded server: whoever starts it gets it, and nothing of it outlives who started it."""

import shutil
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from db.contract.refusal import Refusal
from tests.server import embedded
from tests.server.programs import WHEEL, find_programs
from tests.server.roles import session, version_of

END_DEADLINE_S = 30
HOLD_A_SERVER = """
import signal
from tests.server import embedded
with embedded.running() as server:
    print(server.data, flush=True)
    signal.pause()
"""


def test_a_server_is_gone_when_its_block_ends() -> None:
    """No file and no listener is left of a server that has been used."""
    with embedded.running() as server:
        assert version_of(server.url) == server.programs.version
    assert not server.log.parent.exists()
    assert embedded.claim_port(port_of(server)) == port_of(server)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_does_not_outlive_who_started_it(ending: signal.Signals) -> None:
    """However the tests end, the server stops and its files go."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_SERVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert holder.stdout
    data = Path(holder.stdout.readline().strip())
    assert (data / "postmaster.pid").exists()
    holder.send_signal(ending)
    # The guardian holds its parent's standard error open until all is done.
    holder.communicate(timeout=END_DEADLINE_S)
    assert not data.parent.exists()


def test_a_server_starts_from_programs_that_only_root_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone in a private folder of root's is no obstacle, though PostgreSQL must not be root."""
    spec = find_spec(WHEEL)
    assert spec
    assert spec.submodule_search_locations
    wheel = Path(spec.submodule_search_locations[0])
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for part in (wheel / "pginstall18", wheel.with_name(f"{WHEEL}.libs")):
        shutil.copytree(part, private / part.relative_to(wheel.parent), symlinks=True)
    monkeypatch.setenv("PG_BINDIR", str(private / WHEEL / "pginstall18" / "bin"))
    with embedded.running() as server:
        assert version_of(server.url) == server.programs.version


def test_settings_reach_the_server() -> None:
    """A test of faults makes its server as small, slow or odd as it needs."""
    settings = {"max_connections": "7", "cluster_name": "it's"}
    with embedded.running(settings=settings) as server, session(server.url) as cursor:
        cursor.execute("SELECT current_setting('max_connections'), current_setting('cluster_name')")
        assert cursor.fetchone() == ("7", "it's")


def test_a_server_that_cannot_start_says_what_postgresql_said() -> None:
    """A wrong setting is named in the refusal, not in a log that is gone."""
    with pytest.raises(Refusal, match="no_such_setting"), embedded.running(settings={"no_such_setting": "1"}):
        pass


def test_a_port_in_use_is_refused_by_its_number() -> None:
    """Who asked for a port that somebody has learns which, and nothing is started."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with pytest.raises(Refusal, match=f"Port {port} .* in use"), embedded.running(port=port):
            pass


def test_a_folder_that_cannot_be_written_is_refused_by_its_name(tmp_path: Path) -> None:
    """Who named a folder for the data that is not there learns which."""
    with pytest.raises(Refusal, match="missing"), embedded.running(directory=tmp_path / "missing"):
        pass


def test_a_folder_without_a_server_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PG_BINDIR is obeyed or refused, never passed over."""
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(Refusal, match="PG_BINDIR"):
        find_programs()


def port_of(server: embedded.EmbeddedServer) -> int:
    return int(server.url.for_psycopg2()["port"])
