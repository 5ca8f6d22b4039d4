"""What a service imports after its start: nothing of it before, all of it then, and nothing that is missed silently."""

import signal
import subprocess
import sys

from service.later import MODULES

LIBRARIES = ("cryptography", "jwt", "openskill", "prometheus_client")
RUN = """
import asyncio, sys
from service.later import imported_later

async def main():
    async with imported_later({modules!r}, 0.0):
        while not all(name in sys.modules for name in {awaited!r}):
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


def python(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_a_start_imports_nothing_that_can_wait() -> None:
    """Putting the service together needs none of the libraries that only tokens, results and scrapes need."""
    ran = python(f"import service.app, sys; print([name for name in {LIBRARIES} if name in sys.modules])")
    assert ran.stdout == "[]\n", ran.stderr


def test_what_can_wait_is_imported_then() -> None:
    """A moment later all of it is there, so that no request waits for it."""
    ran = python(RUN.format(modules=MODULES, awaited=(*MODULES, *LIBRARIES)))
    assert ran.returncode == 0, ran.stderr


def test_what_cannot_be_imported_ends_the_process() -> None:
    """A broken image does not run on without what it lacks: it says so, and ends by SIGTERM as a pod does."""
    ran = python(RUN.format(modules=("service.nowhere",), awaited=("service.nowhere",)))
    assert ran.returncode == -signal.SIGTERM
    assert "a part of this program cannot be imported" in ran.stderr
