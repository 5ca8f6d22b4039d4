"""The service as a process: how it starts, refuses to start, drains and ends."""

import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger
from tests.database.gate.matrix.cases import CONTRACT, NEXT
from tests.database.gate.process import ended, environment, migrate, served, text_of
from tests.database.gate.running import running_service
from tests.eventually import eventually

PLAYERS = "/api/v1/players"
SHORT_LEASE: dict[str, Any] = {
    "lease_s": 3,
    "margin_s": 1,
    "heartbeat_s": 0.5,
    "request_deadline_s": 0.5,
    "idle_timeout_s": 0.5,
    "clock_step_s": 0,
}


@pytest.fixture
def migrated(database_url: DatabaseUrl) -> Ledger:
    migrate(database_url)
    return Ledger(database_url)


def test_sigterm_drains_and_leaves(migrated: Ledger, service_url: DatabaseUrl, tmp_path: Path) -> None:
    """Not ready at once, serving and renewing on while it drains, gone with exit 0 and without its row."""
    with served(tmp_path, service_url, public_reads="on", drain_s=600, **SHORT_LEASE) as service:
        eventually(lambda: service.readyz() == 200)
        assert "connection" not in service.get(PLAYERS).headers
        worker = service.worker()
        service.process.terminate()
        eventually(lambda: service.readyz() == 503)
        [(*_, expires_at)] = migrated.readers()
        eventually(lambda: migrated.readers()[0][2] > expires_at + timedelta(seconds=1))
        draining = service.get(PLAYERS)
        assert draining.status_code == 200
        assert draining.headers["connection"] == "close"
        # The second one is from someone who will not wait.
        os.kill(worker, signal.SIGTERM)
        assert service.process.wait(30) == 0
    assert migrated.readers() == []


def test_a_request_in_flight_is_finished(migrated: Ledger, service_url: DatabaseUrl, tmp_path: Path) -> None:
    """Whoever was let in before SIGTERM gets the answer, and only then is the row gone."""
    with (
        served(tmp_path, service_url, public_reads="on", drain_s=0) as service,
        ThreadPoolExecutor() as threads,
    ):
        eventually(lambda: service.readyz() == 200)
        with migrated.transaction() as cursor:
            cursor.execute("LOCK TABLE player")
            asked = threads.submit(service.get, PLAYERS)
            eventually(lambda: migrated.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))
            service.process.terminate()
            eventually(lambda: service.readyz() == 0)
            assert len(migrated.readers()) == 1
        assert asked.result().status_code == 200
        assert service.process.wait(30) == 0
    assert migrated.readers() == []


def test_after_a_freeze_nothing_is_admitted(
    migrated: Ledger, service_url: DatabaseUrl, tmp_path: Path
) -> None:
    """A process that was stopped past its lease refuses the first request that it sees again."""
    with served(tmp_path, service_url) as service:
        eventually(lambda: service.readyz() == 200)
        os.kill(service.worker(), signal.SIGKILL)
        eventually(lambda: len(migrated.readers()) == 2)
        eventually(lambda: service.readyz() == 200)


def test_what_it_writes_is_lines_without_secrets(
    migrated: Ledger, service_url: DatabaseUrl, tmp_path: Path
) -> None:
    """Each line is JSON; requests and failed probes are in it, successful ones and secrets are not."""
    with served(tmp_path, service_url, public_reads="on", drain_s=0) as service:
        eventually(lambda: service.readyz() == 200)
        service.get(f"{PLAYERS}?q=secret")
        httpx.get(f"{service.management}/metrics").raise_for_status()
        migrated.apply(NEXT, CONTRACT)
        eventually(lambda: service.readyz() == 503)
        service.process.terminate()
        service.process.wait(30)
        lines = [line for line in service.logged() if line["logger"] == "service.access"]
    probes = [line for line in lines if line["path"] == "/readyz"]
    assert [line["path"] for line in lines if line not in probes] == [PLAYERS]
    assert {(line["method"], line["status"]) for line in probes} == {("GET", 503)}
    assert service_url.password
    written = service.output.read_text()
    assert service_url.password.reveal() not in written
    assert "secret" not in written
    assert migrated.readers() == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    [
        '%0a{"level": "critical"}',
        "%0d%0a%1b[31m",
        "%e2%80%a8 %c2%85",
        "%00",
        "%ed%a0%80",
        '"}',
    ],
)
async def test_nobody_writes_a_line_of_their_own(
    service_url: DatabaseUrl, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    """Whatever ends a line for somebody, quotes and half characters stay inside the one line of their request."""
    async with running_service(service_url) as client:
        await client.get(f"http://pod:8080{PLAYERS}/{path}")
    written = capsys.readouterr().out
    assert written[:-1].isprintable()
    [line] = [json.loads(line) for line in written.splitlines()]
    assert line["path"].startswith(f"{PLAYERS}/")


@pytest.mark.anyio
async def test_the_last_request_is_in_the_log(
    service_url: DatabaseUrl, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines are collected for a moment, and those of the last moment are written before the end."""
    async with running_service(service_url) as client:
        await client.get(f"http://pod:8080{PLAYERS}")
    assert [json.loads(line)["path"] for line in capsys.readouterr().out.splitlines()] == [PLAYERS]


@pytest.mark.parametrize(
    ("trusted", "client"), [({}, "127.0.0.1"), ({"FORWARDED_ALLOW_IPS": "127.0.0.1"}, "192.0.2.7")]
)
def test_a_proxy_is_believed_where_it_is_named(
    service_url: DatabaseUrl, tmp_path: Path, trusted: dict[str, str], client: str
) -> None:
    """The log says whose address came with the request only where that proxy may say it."""
    with served(tmp_path, service_url, more=trusted) as service:
        httpx.get(f"{service.http}{PLAYERS}", headers={"X-Forwarded-For": "192.0.2.7"})
        eventually(lambda: PLAYERS in service.output.read_text())
        [line] = [one for one in service.output.read_text().splitlines() if PLAYERS in one]
    assert json.loads(line)["client"] == client


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("HEARTBEAT_S", "fast", "CALCIO_HEARTBEAT_S"),
        ("MARGIN_S", "1", "CALCIO_MARGIN_S"),
        ("LOCKFILE", "/nowhere/revisions.lock", "/nowhere/revisions.lock"),
        ("AUTH_SECRET_FILE", "/nowhere/secret", "CALCIO_AUTH_ISSUER"),
    ],
)
def test_a_bad_setting_ends_it_with_a_sentence(
    service_url: DatabaseUrl, setting: str, value: str, sentence: str
) -> None:
    """What cannot work is told in one line on stderr, before anything is started."""
    ran = ended({**environment(service_url), f"CALCIO_{setting}": value})
    assert ran.returncode in {78, 65}
    assert sentence in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""


def test_a_url_that_is_none_ends_it_without_a_fragment(service_url: DatabaseUrl) -> None:
    """A URL that no driver understands is 78, and no part of it is shown."""
    text = text_of(service_url).replace("postgresql", "mysql")
    ran = ended({**environment(service_url), "DATABASE_URL": text})
    assert ran.returncode == 78
    assert ran.stderr.count("\n") == 1
    assert service_url.password
    assert service_url.password.reveal() not in ran.stderr


def test_more_than_one_worker_is_refused(service_url: DatabaseUrl) -> None:
    """A probe could ask any of several workers; replicas are what scales."""
    ran = ended(environment(service_url), "--workers", "2")
    assert ran.returncode == 78
    assert "expected 1" in ran.stderr


@pytest.mark.parametrize("port", ["HTTP_PORT", "MANAGEMENT_PORT"])
def test_a_taken_port_is_a_sentence(service_url: DatabaseUrl, port: str) -> None:
    """Where one of its ports is taken it starts nothing, and says which."""
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - what the service would bind
        number = str(taken.getsockname()[1])
        ran = ended({**environment(service_url), f"CALCIO_{port}": number})
    assert ran.returncode == 69
    assert f"port {number}" in ran.stderr
    assert ran.stderr.count("\n") == 1
