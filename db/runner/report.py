"""What a run says while it goes on: sentences on a terminal, one JSON object a line elsewhere."""

import json
import sys
from datetime import UTC, datetime
from typing import Protocol, TextIO

from db.runner.outcome import Outcome


class Report(Protocol):
    """Takes events; `message` is for people, `event` and `fields` for programs."""

    def __call__(self, event: str, message: str, **fields: object) -> None: ...


class Lines:
    """A Report on `stream`. structlog would do this too, and cost a no-op run a third of its time."""

    def __init__(self, stream: TextIO | None = None, *, release: str | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()
        self._release = release

    def __call__(self, event: str, message: str, **fields: object) -> None:
        """Write one event."""
        if self._is_terminal:
            self._write(f"{datetime.now(UTC):%H:%M:%S} {message}")
            return
        head = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "message": message,
        }
        if self._release:
            head["release"] = self._release
        self._write(json.dumps(head | fields, default=str))

    def end(self, outcome: Outcome) -> None:
        """Write the outcome; nothing is written after it."""
        if self._is_terminal:
            self._write(
                f"{outcome.message}{'. ' + outcome.hint if outcome.hint else ''} (exit {outcome.code})"
            )
        else:
            self._write(outcome.as_json())

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()
