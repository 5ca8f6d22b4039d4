"""A network of a test's own, which can be taken away from everybody in it without a word."""

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CLONE_NEWNET = 0x40000000


@contextmanager
def own_network() -> Iterator[Callable[[], None]]:
    """Whatever the block starts has a loopback that nobody else has; what is yielded takes it away.

    Where a cable is pulled no connection is closed: neither side hears of the other's end.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(CLONE_NEWNET):
            pytest.skip(f"only root may make a network: {os.strerror(ctypes.get_errno())}")
        try:
            _loopback("up")
            yield lambda: _loopback("down")
        finally:
            assert libc.setns(here, CLONE_NEWNET) == 0
    finally:
        os.close(here)


def _loopback(state: str) -> None:
    program = next(path for path in ("/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip") if Path(path).exists())
    subprocess.run([program, "link", "set", "lo", state], check=True)
