"""gunicorn's worker: uvicorn, without what this service has no use for."""

import asyncio
from typing import Any, ClassVar

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
        # It would take a callable that is no coroutine function for one of ASGI's second version.
        "interface": "asgi3",
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # To look for a proxy's headers where no proxy may be believed costs each request something.
        self.config.proxy_headers = bool(self.cfg.forwarded_allow_ips)

    async def _serve(self) -> None:
        beating = asyncio.create_task(self._beat())
        try:
            await super()._serve()
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        """Show gunicorn that the loop turns; uvicorn's own way takes a clock that was set back for a rest."""
        while True:
            self.notify()
            await asyncio.sleep(self.timeout / 2)
