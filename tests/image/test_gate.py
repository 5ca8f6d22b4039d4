"""The gate's image at work, restricted as in a cluster, for the history of the image that migrates."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from db.contract.refusal import ExitCode
from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.image.conftest import Images
from tests.image.engine import Engine
from tests.image.given import given
from tests.image.test_service import Pod, free_ports, migrate

FOLDER = "/opt/lockfile"


@pytest.fixture
def volume(engine: Engine, images: Images) -> Iterator[str]:
    """What the init container of a pod leaves for the gate: the lockfile of the image that migrates."""
    name = f"calcio-test-{secrets.token_hex(6)}"
    engine("volume", "create", name)
    try:
        copying = ["--rm", "--user=0", "--entrypoint=cp", f"--volume={name}:{FOLDER}"]
        engine("run", *copying, images.migrate, "db/revisions.lock", FOLDER)
        yield f"--volume={name}:{FOLDER}:ro"
    finally:
        engine("volume", "rm", name)


@contextmanager
def judging(engine: Engine, images: Images, url: DatabaseUrl, volume: str) -> Iterator[Pod]:
    (management,) = free_ports(1)
    settings = {
        "CALCIO_MANAGEMENT_PORT": str(management),
        "CALCIO_LOCKFILE": f"{FOLDER}/revisions.lock",
    }
    with engine.started(images.gate, options=[volume], environ=given(url, **settings)) as container:
        pod = Pod(container, "", f"http://127.0.0.1:{management}")
        eventually(lambda: pod.status(f"{pod.management}/startupz") == 200)
        yield pod


def test_it_is_ready_when_the_job_is_done_and_not_before(
    engine: Engine, images: Images, database_url: DatabaseUrl, service_url: DatabaseUrl, volume: str
) -> None:
    """On an empty database it is alive and unready; after the Job it is ready, and says so to Prometheus."""
    with judging(engine, images, service_url, volume) as pod:
        assert pod.status(f"{pod.management}/livez") == 200
        assert pod.status(f"{pod.management}/readyz") == 503
        migrate(engine, images, database_url, service_url)
        eventually(lambda: pod.status(f"{pod.management}/readyz") == 200)
        assert "\ncalcio_schema_ready 1.0\n" in httpx.get(f"{pod.management}/metrics", timeout=20).text


def test_sigterm_ends_the_gate_with_success(
    engine: Engine, images: Images, service_url: DatabaseUrl, volume: str
) -> None:
    """As process 1 it takes SIGTERM for the end of its pod, not for a failure."""
    with judging(engine, images, service_url, volume) as pod:
        pod.container.terminate()
        assert pod.container.exit_code() == 0, pod.container.log()


def test_without_a_lockfile_it_says_whose_is_missing(
    engine: Engine, images: Images, service_url: DatabaseUrl
) -> None:
    """It brings no history of its own, and asks for the application's in one line."""
    with engine.started(images.gate, environ=given(service_url)) as container:
        assert container.exit_code() == ExitCode.CONFIGURATION
        assert "Set CALCIO_LOCKFILE" in container.log()
        assert container.log().count("\n") == 1
