"""The gate as a program of its own, beside an application that it does not know."""

import subprocess
import sys

import httpx

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger
from tests.database.gate.matrix.cases import CONTRACT, NEXT
from tests.database.gate.process import environment, migrate
from tests.eventually import eventually
from tests.repository.tree import ROOT
from tests.server.embedded import claim_port

SIDECAR = (sys.executable, "-m", "service.gate")


def test_the_gate_runs_beside_another_application(
    database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """It registers a reader, answers the probes, ends with 0, and leaves a row that expires by itself."""
    migrate(database_url)
    port = claim_port(0)
    environ = environment(service_url, management_port=port, pod_name="sidecar")
    with subprocess.Popen(SIDECAR, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: status(port, "readyz") == 200)
            assert status(port, "livez") == 200
            assert status(port, "schema") == 200
            assert status(port, "metrics") == 200
            assert [name for name, *_ in Ledger(database_url).readers()] == ["sidecar"]
        finally:
            process.terminate()
        assert process.wait(30) == 0
    assert len(Ledger(database_url).readers()) == 1


def test_a_contract_shuts_it_at_once(database_url: DatabaseUrl, service_url: DatabaseUrl) -> None:
    """Whatever is left of its lease: it hears of what takes away what its application uses."""
    migrate(database_url)
    port = claim_port(0)
    environ = environment(service_url, management_port=port, heartbeat_s=600, lease_s=3600)
    with subprocess.Popen(SIDECAR, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: status(port, "readyz") == 200)
            Ledger(database_url).apply(NEXT, CONTRACT)
            eventually(lambda: status(port, "readyz") == 503)
            said = httpx.get(f"http://127.0.0.1:{port}/readyz?verbose", timeout=20).text
        finally:
            process.terminate()
    assert "[-]schema broken" in said


def test_what_it_cannot_work_with_is_a_sentence(service_url: DatabaseUrl) -> None:
    """A bad setting ends it with 78, and a line that says which."""
    environ = environment(service_url, lease_s=1)
    ran = subprocess.run(SIDECAR, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 78
    assert ran.stderr.startswith("CALCIO_LEASE_S")
    assert ran.stderr.count("\n") == 1


def status(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=20).status_code
    except httpx.TransportError:
        return 0
