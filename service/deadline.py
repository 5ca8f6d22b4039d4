"""How long the request at hand may still ask the database; time that a machine sleeps counts too."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service.gate.lease import boottime

_ends_at: ContextVar[float] = ContextVar("ends_at")


class DeadlineOverError(TimeoutError):
    """A statement was about to be sent by a request whose time was over, or by no request at all."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what is asked in this block, and in tasks that begin in it, be asked for `seconds` from now."""
    token = _ends_at.set(boottime() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def check() -> None:
    """Raise DeadlineOverError unless a statement may be sent now."""
    if boottime() >= _ends_at.get(0.0):
        raise DeadlineOverError
