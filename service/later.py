"""What a process imports a moment after its start: neither the first probes nor a later request wait for it."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module

# With what they import themselves: PyJWT with cryptography, prometheus_client, and openskill.
MODULES = ("service.tokens", "service.metrics", "openskill.models")

# Until those have asked who wait for this process to be ready.
AFTER_S = 1.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def imported_later(modules: Sequence[str] = MODULES, after_s: float = AFTER_S) -> AsyncIterator[None]:
    """Import them in a thread beside the block; a process in which that fails ends, as it would have at its start."""
    importing = asyncio.create_task(_import(modules, after_s), name="imports")
    importing.add_done_callback(_ended)
    try:
        yield
    finally:
        importing.cancel()


async def _import(modules: Sequence[str], after_s: float) -> None:
    await asyncio.sleep(after_s)
    for name in modules:
        await asyncio.to_thread(import_module, name)


def _ended(importing: "asyncio.Task[None]") -> None:
    if not importing.cancelled() and importing.exception():
        log.critical("a part of this program cannot be imported", exc_info=importing.exception())
        signal.raise_signal(signal.SIGTERM)
