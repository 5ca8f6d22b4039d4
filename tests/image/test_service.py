"""The serving image at work, restricted as in a cluster, beside a real Job."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.image.conftest import Images
from tests.image.engine import Container, Engine
from tests.image.given import given


@dataclass(frozen=True)
class Pod:
    container: Container
    http: str
    management: str

    def status(self, address: str) -> int:
        """The answer's status; 0 while nobody answers."""
        try:
            return httpx.get(address, timeout=5).status_code
        except httpx.TransportError:
            return 0


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


@contextmanager
def serving(engine: Engine, images: Images, url: DatabaseUrl) -> Iterator[Pod]:
    http, management = free_ports(2)
    settings = {
        "CALCIO_HTTP_PORT": str(http),
        "CALCIO_MANAGEMENT_PORT": str(management),
        "CALCIO_PUBLIC_READS": "on",
        "CALCIO_DRAIN_S": "0",
    }
    with engine.started(images.service, environ=given(url, **settings)) as container:
        pod = Pod(container, f"http://127.0.0.1:{http}", f"http://127.0.0.1:{management}")
        eventually(lambda: pod.status(f"{pod.management}/startupz") == 200)
        yield pod


def migrate(engine: Engine, images: Images, url: DatabaseUrl, service_url: DatabaseUrl) -> None:
    settings = given(url, CALCIO_APP_ROLE=str(service_url.user))
    with engine.started(images.migrate, environ=settings) as job:
        assert job.exit_code() == 0, job.log()


def test_it_serves_when_the_job_is_done_and_not_before(
    engine: Engine, images: Images, database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """On an empty database it is unready and refuses; after the Job it is ready and answers."""
    with serving(engine, images, service_url) as pod:
        assert pod.status(f"{pod.management}/readyz") == 503
        assert pod.status(f"{pod.http}/api/v1/players") == 503
        migrate(engine, images, database_url, service_url)
        eventually(lambda: pod.status(f"{pod.management}/readyz") == 200)
        assert pod.status(f"{pod.http}/api/v1/players") == 200


def test_sigterm_ends_the_service_with_success(
    engine: Engine, images: Images, database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """As process 1 the service takes SIGTERM for the end of its work, not for a failure."""
    migrate(engine, images, database_url, service_url)
    with serving(engine, images, service_url) as pod:
        eventually(lambda: pod.status(f"{pod.management}/readyz") == 200)
        pod.container.terminate()
        assert pod.container.exit_code() == 0, pod.container.log()
