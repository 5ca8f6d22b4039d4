"""Imports a module as if another one, which it can do without, were not installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let every import of the module `name` fail for as long as the block lasts."""
    already = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment] # which is how an import is made to fail
    try:
        yield
    finally:
        del sys.modules[name]
        if already is not None:
            sys.modules[name] = already
