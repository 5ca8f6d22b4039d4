"""Runs a PostgreSQL server in a container, where an engine answers and has the image."""

import gc
import secrets
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager

from db.contract.url import DatabaseUrl

IMAGE = "postgres:17"
ENGINE_DEADLINE_S = 5
PULL_DEADLINE_S = 60  # between two signs of progress
SETTINGS = "-c fsync=off -c full_page_writes=off -c timezone=UTC"


def objection() -> str | None:
    """Why no container can be had; None when one can. An image that is missing is pulled."""
    with warnings.catch_warnings():
        # The engine's client forgets its socket when nobody answers; found later, that would fail a test.
        warnings.simplefilter("ignore", ResourceWarning)
        answer = ask_engine()
        gc.collect()
    return answer


def ask_engine() -> str | None:
    from docker.errors import DockerException  # type: ignore[import-untyped]  # ships no types
    from requests.exceptions import RequestException
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.docker_client import DockerClient

    reaper = [] if testcontainers_config.ryuk_disabled else [testcontainers_config.ryuk_image]
    try:
        engine = DockerClient(timeout=ENGINE_DEADLINE_S).client
    except (DockerException, RequestException):
        return "no container engine answers"
    with closing(engine):
        engine.api.timeout = PULL_DEADLINE_S
        for image in (IMAGE, *reaper):
            try:
                if not engine.images.list(name=image):
                    engine.images.pull(image)
            except (DockerException, RequestException):
                return f"the container engine has no {image} and cannot pull it"
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
