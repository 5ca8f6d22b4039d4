"""Runs a PostgreSQL server in a container, where an engine answers and has the image."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from db.contract.url import DatabaseUrl

IMAGE = "postgres:17"
ENGINE_DEADLINE_S = 5
SETTINGS = "-c fsync=off -c full_page_writes=off -c timezone=UTC"


def objection() -> str | None:
    """Why no container can be had; None when one can. An image that is missing is pulled."""
    from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]  # ships no types
    from requests.exceptions import RequestException
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.docker_client import DockerClient

    reaper = [] if testcontainers_config.ryuk_disabled else [testcontainers_config.ryuk_image]
    try:
        engine = DockerClient(timeout=ENGINE_DEADLINE_S).client
        engine.ping()
    except (DockerException, RequestException):
        return "no container engine answers"
    for image in (IMAGE, *reaper):
        try:
            engine.images.get(image)
        except ImageNotFound:
            try:
                engine.images.pull(image)
            except (DockerException, RequestException):
                return f"the container engine cannot pull {image}"
    return None


@contextmanager
def running() -> Iterator[DatabaseUrl]:
    from testcontainers.community.postgres import PostgresContainer

    password = secrets.token_hex(16)
    container = PostgresContainer(
        IMAGE, username="postgres", password=password, dbname="postgres", driver=None
    )
    with container.with_command(f"postgres {SETTINGS}"):
        yield DatabaseUrl.parse(container.get_connection_url())
