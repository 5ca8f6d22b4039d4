"""What a value of Tekton refers to, and what it may be called."""

import re
from collections.abc import Iterator
from typing import Any

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
RESULT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
TYPES = {"string", "array", "object"}
_REFERENCE = re.compile(r"\$\(([^()]*)\)")


def texts(value: Any) -> Iterator[str]:
    """Every string in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in texts(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in texts(item))


def references(value: Any) -> Iterator[str]:
    """What stands in each `$(…)` of a value."""
    for text in texts(value):
        yield from _REFERENCE.findall(text)


def whole_array(value: Any) -> str | None:
    """The array parameter that a list consists of, as in `["$(params.names[*])"]`."""
    if isinstance(value, list) and len(value) == 1:
        found = re.fullmatch(r"\$\(params\.([^()]+)\[\*\]\)", value[0])
        return found[1] if found else None
    return None


def seconds(duration: str) -> int:
    """A duration of Go in seconds; raises ValueError for what is none."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", duration)
    if not found or not duration:
        raise ValueError(f"{duration!r} is no duration")
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest
