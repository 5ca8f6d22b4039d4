"""SIGTERM: not ready at once, and serving on until the list of endpoints has forgotten this pod."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

log = logging.getLogger(__name__)
Handler = Callable[[int, FrameType | None], object]


class Shutdown:
    """Stands between SIGTERM and the server, which would close its sockets at once."""

    def __init__(self, drain_s: float) -> None:
        self.has_begun = False
        self._drain_s = drain_s

    @contextmanager
    def intercepted(self) -> Iterator[None]:
        """Take SIGTERM while this block runs, where a server has asked for it before."""
        server = signal.getsignal(signal.SIGTERM)
        if not callable(server) or threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._begin, loop, server)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGTERM)

    def _begin(self, loop: asyncio.AbstractEventLoop, server: Handler) -> None:
        # A second SIGTERM is from someone who will not wait.
        drain_s = 0.0 if self.has_begun else self._drain_s
        self.has_begun = True
        log.info("SIGTERM: draining for %g s", drain_s)
        loop.call_later(drain_s, server, signal.SIGTERM, None)
