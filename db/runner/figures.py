"""Figures as a person reads them: rows, sizes, durations, moments."""

from collections.abc import Iterator, Mapping
from typing import Any

_UNITS = ("KiB", "MiB", "GiB", "TiB")


def count(number: int) -> str:
    """1,000,000."""
    return f"{number:,}"


def duration(seconds: float) -> str:
    """The one or two units that matter: 83 ms, 4.2 s, 42 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if (whole_s := round(seconds)) < 60:
        return f"{whole_s} s"
    if whole_s < 3600:
        return f"{whole_s // 60} min {whole_s % 60} s"
    return f"{whole_s // 3600} h {whole_s % 3600 // 60} min"


def size(number: int | None) -> str:
    """1.2 MiB; - where nobody knows."""
    if number is None:
        return "-"
    if number < 1024:
        return f"{number} B"
    power = min((number.bit_length() - 1) // 10, len(_UNITS))
    return f"{number / 1024**power:.1f} {_UNITS[power - 1]}"


def moment(text: str) -> str:
    """A time in ISO 8601, to the second, in UTC as the server was told."""
    return f"{text[:10]} {text[11:19]}"


def held_by(runner: Mapping[str, Any]) -> str:
    """Who holds the lock, of `status`, and what it waits for."""
    who = f"{runner['name']} (pid {runner['pid']}) has held the lock for {duration(runner['age_s'])}"
    if runner["revision"] is None:
        return who
    in_the_way = "; ".join(runner["blockers"]) or "nobody was seen"
    return f"{who}; revision {runner['revision']} waits for a lock, in its way: {in_the_way}"


def words(step: Mapping[str, Any]) -> str:
    """A step under way, of `status`, and how far it came."""
    progress = step["progress"]
    what = f"{step['revision']} ({step['state']} since {moment(step['since'])})"
    if progress is None:
        return what
    return (
        f"{what}: {count(progress['rows'])} of {count(progress['rows_estimated'])} rows of {progress['table']},"
        f" {count(progress['per_s'])} a second, {duration(progress['eta_s'])} to go at {moment(progress['at'])[11:]}"
    )


def approvals(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each command that has a part in the plan, and how to approve that."""
    for command, digest in (("upgrade", plan["digest"]), ("finish", plan["finish_digest"])):
        if any(step["command"] == command for step in plan["steps"]):
            yield command, f"python -m db {command} --approved {digest}"
