"""How long the request at hand may still ask the database; time that a machine sleeps counts too."""

from contextvars import ContextVar, Token

from service.gate.lease import boottime

_ends_at: ContextVar[float] = ContextVar("ends_at")


class DeadlineOverError(TimeoutError):
    """A statement was about to be sent by a request whose time was over, or by no request at all."""


def begin(seconds: float) -> Token[float]:
    """Let this task, and tasks that it begins, ask for `seconds` from now; until `end` takes what this gives."""
    return _ends_at.set(boottime() + seconds)


end = _ends_at.reset


class within:  # noqa: N801 - it reads as what it does, like contextlib's own
    """Let what is asked in this block, and in tasks that begin in it, be asked for `seconds` from now."""

    __slots__ = ("_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._token = begin(self._seconds)

    def __exit__(self, *_: object) -> None:
        end(self._token)


def ends_at() -> float:
    """When the request at hand may ask no more; 0, which is long past, where there is none."""
    return _ends_at.get(0.0)


def left_until(ends_at: float) -> float:
    """How many seconds are left until what `ends_at` told, of this request or of another one."""
    return ends_at - boottime()


def check() -> None:
    """Raise DeadlineOverError unless a statement may be sent now."""
    if boottime() >= ends_at():
        raise DeadlineOverError
