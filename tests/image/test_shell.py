"""No program of ours starts a shell, so an image could do without one."""

import pytest

from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.image.conftest import Images
from tests.image.engine import Engine
from tests.image.given import given
from tests.image.test_service import Pod, free_ports

HIDDEN = [f"--volume=/dev/null:/usr/bin/{shell}:ro" for shell in ("dash", "bash")]


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_hidden_shell_cannot_be_started(engine: Engine, images: Images, shell: str) -> None:
    """What the other tests hide is what a program would find."""
    hidden = [*HIDDEN, f"--entrypoint={shell}"]
    with pytest.raises(AssertionError, match="permission denied"):
        engine("run", "--rm", *hidden, images.migrate, "-c", "true")


def test_the_job_and_the_service_start_none(
    engine: Engine, images: Images, database_url: DatabaseUrl, service_url: DatabaseUrl
) -> None:
    """Without a shell the Job migrates an empty database, and the service serves it."""
    job_for_service = given(database_url, CALCIO_APP_ROLE=str(service_url.user))
    with engine.started(images.migrate, environ=job_for_service, options=HIDDEN) as job:
        assert job.exit_code() == 0, job.log()
    http, management = free_ports(2)
    ports = {"CALCIO_HTTP_PORT": str(http), "CALCIO_MANAGEMENT_PORT": str(management)}
    with engine.started(images.service, environ=given(service_url, **ports), options=HIDDEN) as service:
        pod = Pod(service, f"http://127.0.0.1:{http}", f"http://127.0.0.1:{management}")
        eventually(lambda: pod.status(f"{pod.management}/readyz") == 200)
