"""What a run says while it goes on: a view that lives on a terminal, one JSON object a line elsewhere."""

import json
import sys
from datetime import UTC, datetime
from typing import Protocol, TextIO

from db.runner.outcome import Outcome


class Report(Protocol):
    """Takes events; `message` is for people, `event` and `fields` for programs."""

    def __call__(self, event: str, message: str, **fields: object) -> None: ...


class Reporting(Report, Protocol):
    """A Report that a run ends with its outcome; nothing is written after it."""

    def end(self, outcome: Outcome) -> None: ...


class Lines:
    """JSON lines. structlog would do this too, and cost a no-op run a third of its time."""

    def __init__(self, stream: TextIO, *, release: str | None = None) -> None:
        self._stream = stream
        self._release = release

    def __call__(self, event: str, message: str, **fields: object) -> None:
        head = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "message": message,
        }
        if self._release:
            head["release"] = self._release
        self._write(json.dumps(head | fields, default=str))

    def end(self, outcome: Outcome) -> None:
        self._write(outcome.as_json())

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class Sentences(Lines):
    """A sentence a line: for a terminal that nothing can be drawn on, since rich is not installed."""

    def __call__(self, event: str, message: str, **fields: object) -> None:  # noqa: ARG002 - for programs
        self._write(f"{datetime.now(UTC):%H:%M:%S} {message}")

    def end(self, outcome: Outcome) -> None:
        self._write(f"{outcome.message}{'. ' + outcome.hint if outcome.hint else ''} (exit {outcome.code})")


def on(stream: TextIO, *, release: str | None = None, as_json: bool = False) -> Reporting:
    """The report that suits `stream`."""
    if as_json or not stream.isatty():
        return Lines(stream, release=release)
    try:
        # Only somebody who watches waits for it to be imported: docs/decisions/0011.
        from db.runner.live import Live
    except ModuleNotFoundError:
        return Sentences(stream, release=release)
    return Live(stream)


def beside_a_child(release: str | None, *, as_json: bool) -> Reporting:
    """The report of a run whose output and terminal are its child's: on stderr, and never drawn."""
    drawn_on = Sentences if sys.stderr.isatty() and not as_json else Lines
    return drawn_on(sys.stderr, release=release)
