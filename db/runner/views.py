"""What the commands that only look print: tables on a terminal, lines elsewhere, or with --json for programs."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from db.contract.refusal import ExitCode
from db.runner.figures import approvals, held_by, words
from db.runner.job import Job
from db.runner.outcome import Outcome
from db.runner.run import run

T = TypeVar("T")


def answer(
    ask: Callable[[Job], T],
    name: str,
    environ: Mapping[str, str],
    *,
    as_json: bool,
    code: Callable[[T], ExitCode] = lambda _: ExitCode.DONE,
) -> ExitCode:
    """Ask, and print what the command `name` shows; `code` says what the answer means.

    Only a failure has an outcome beside it.
    """
    codes = []

    def command(job: Job) -> Outcome:
        found = ask(job)
        if as_json:
            print(json.dumps(found))
        else:
            show(name, found)
        codes.append(code(found))
        return Outcome("nothing", ExitCode.DONE, "")

    failed = run(command, environ, as_json=as_json, quiet=True)
    return codes[0] if codes else failed


def show(name: str, found: Any) -> None:
    """Print what the command `name` has found."""
    if sys.stdout.isatty():
        try:
            # Only somebody who watches waits for rich to be imported: docs/decisions/0011.
            from db.runner import shown
        except ModuleNotFoundError:
            pass
        else:
            shown.show(name, found)
            return
    lines: dict[str, Callable[[Any], Sequence[str]]] = {
        "status": status, "history": history, "events": events, "readers": readers, "plan": plan,
        "verify": verify, "settings": settings,
    }  # fmt: skip
    print("\n".join(lines[name](found)))


def status(found: Mapping[str, Any]) -> list[str]:
    """A few lines."""
    lines = [f"{found['standing']} ({'ready' if found['ready'] else 'not ready'}): {found['reason']}"]
    lines += [
        f"  to come: {pending['revision']} ({pending['phase']}{', required' if pending['required'] else ''})"
        for pending in found["pending"]
    ]
    if found["runner"]:
        lines.append(f"  under way: {held_by(found['runner'])}")
    lines += [f"  under way: {words(step)}" for step in found["under_way"]]
    lines += [
        f"  reader: {reader['name']} of release {reader['release']} at {', '.join(reader['heads'])},"
        f" lease {reader['remaining']:.0f} s"
        for reader in found["readers"]
    ]
    return lines + [f"  event:{line}" for line in events(found["events"])]


def history(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each revision."""
    return [
        f"{row['revision']:<8} {row['phase']:<9} {row['state']:<9} {row['applied_at'][:19]}Z"
        f" {'-' if row['duration_ms'] is None else row['duration_ms']:>7} ms"
        f"  release {row['release']} by {row['actor']} ({row['source']})"
        for row in found
    ]


def events(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each event."""
    return [
        f"{row['seq']:>6} {row['at'][:19]}Z {row['operation']:<10} {row['revision'] or '':<8}"
        f" at {', '.join(row['heads']) or '-'} release {row['release']} by {row['actor']} {json.dumps(row['detail'])}"
        for row in found
    ]


def readers(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each reader."""
    return [
        f"{row['name']} of release {row['release']} at {', '.join(row['heads'])}:"
        f" lease {row['remaining']:.0f} s, there for {row['age']:.0f} s"
        for row in found
    ] or ["no reader is registered"]


def verify(found: Mapping[str, Any]) -> list[str]:
    """What differs, each with the SQL that mends it."""
    lines = [f"{found['standing']}: {found['reason']}"]
    lines += [f"  {drift['what']}\n    {drift['repair']}" for drift in found["drift"]]
    return lines if found["drift"] else [*lines, "  no drift"]


def plan(found: Mapping[str, Any]) -> list[str]:
    """Each step with its statements and locks, and how to approve them."""
    if not found["steps"]:
        return ["nothing is pending"]
    lines = [line for step in found["steps"] for line in _step(step)]
    for command, approve in approvals(found):
        lines.append(f"to apply exactly what {command} would do of this: {approve}")
    return lines


def settings(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each setting."""
    return [f"{row['name']}={row['value']}  ({row['source']}) {row['meaning']}" for row in found]


def _step(step: Mapping[str, Any]) -> list[str]:
    took = f", took {step['last_duration_ms']} ms last time" if step["last_duration_ms"] is not None else ""
    breaks = f", breaks {', '.join(step['breaks'])}" if step["breaks"] else ""
    lines = [f"{step['revision']} ({step['phase']}, by {step['command']}{breaks}{took})"]
    unwritten = ["what it does depends on what it finds: read its script"]
    statements = unwritten if step["statements"] is None else step["statements"]
    lines += [f"    {line}" for statement in statements for line in statement.splitlines()]
    if step["locks"] is None:
        return [*lines, "  locks: nobody has measured them"]
    return lines + [f"  locks {_lock(lock)}" for lock in step["locks"]]


def _lock(lock: Mapping[str, Any]) -> str:
    does = [word for word in ("rewrites", "scans") if lock[word]]
    rows = lock["size"] and lock["size"]["rows"]
    size = f", {'?' if rows is None else rows} rows, {lock['size']['bytes']} bytes" if lock["size"] else ""
    return f"{lock['table']} {lock['mode']}{f' and {chr(32).join(does)} it' if does else ''}{size}"
