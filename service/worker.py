"""gunicorn's worker: uvicorn, without what this service has no use for."""

from typing import ClassVar

from uvicorn_worker import UvicornWorker

from service.protocol import BoundedProtocol


class Worker(UvicornWorker):  # type: ignore[misc]  # it ships no types
    """Serves HTTP only, by the quickest means there are, and does not say by what."""

    CONFIG_KWARGS: ClassVar = {
        **UvicornWorker.CONFIG_KWARGS,
        "loop": "uvloop",
        "http": BoundedProtocol,
        "ws": "none",
        "server_header": False,
    }
