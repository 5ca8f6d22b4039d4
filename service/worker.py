"""gunicorn's worker: uvicorn, without what this service has no use for."""

import asyncio
import os
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
        # It would take a callable that is no coroutine function for one of ASGI's second version.
        "interface": "asgi3",
        # Whose word on a client's address is believed is said there; nobody's is looked for unless it is.
        "proxy_headers": "FORWARDED_ALLOW_IPS" in os.environ,
    }

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
