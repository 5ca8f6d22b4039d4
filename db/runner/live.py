"""The view of a run on a terminal: what is done above, what is under way below, drawn anew as it goes on.

Texts are never read as markup: a constraint's name may have brackets.
"""

import re
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.file_proxy import FileProxy
from rich.live import Live as Drawn
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from db.contract.refusal import ExitCode
from db.runner.figures import count, duration
from db.runner.outcome import Outcome
from db.runner.shown import loss_table

DRAWN_PER_S = 4
MOST_BLOCKERS = 5
BAR_WIDTH = 20
# What a run waits for, as opposed to what it has done; each is over when the next thing happens.
WAITS = {
    "waiting",
    "lock.waiting",
    "version.locked",
    "fence.held",
    "finish.waiting",
    "finish.soaking",
    "wait.waiting",
    "step.retry",
}
# Where a message goes on with what the view shows in its own way.
_DETAILS = re.compile(r", trying again|: ")


class Live:
    """A Report that draws."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._spinner = Spinner("dots", style="cyan")
        self._drawn: Drawn | None = None
        self._step: tuple[str, float] | None = None
        self._progress: dict[str, Any] = {}
        self._wait: tuple[str, float] | None = None
        self._blockers: list[str] = []
        self._stderr: TextIO | None = None  # as it was before the view

    def __call__(self, event: str, message: str, **fields: Any) -> None:
        """Take note of one event."""
        if event in WAITS:
            tries = f", {fields['tries']} tries so far" if event == "step.retry" else ""
            self._begin_to_wait(message, tries, fields)
        elif event == "step.begin":
            self._begin_step(message, fields)
        elif event == "step.end":
            self._end_step(fields)
        elif event == "step.progress":
            self._end_wait()
            self._progress = fields
        elif event == "step.running":
            self._blockers = list(fields["blockers"])
        elif event == "downgrade.loss":
            self._console.print(loss_table(fields["losses"]))
            return
        elif event == "step.free":
            self._blockers = []
        else:
            style = "yellow" if event in {"warning", "limits.missing"} else "dim"
            self._console.print(Text(f"· {message}", style))
            return
        self._draw()

    def end(self, outcome: Outcome) -> None:
        """Draw no more, and say what came of it."""
        self._end_wait()
        if self._drawn is not None:
            self._step, self._progress = None, {}
            self._drawn.stop()
        if self._stderr is not None:
            sys.stderr = self._stderr
        good = outcome.code is ExitCode.DONE
        what = Text.assemble(
            (f"{'✓' if good else '✗'} {outcome.message}", f"bold {'green' if good else 'red'}"),
            (f"  (exit {outcome.code})", "dim"),
        )
        self._console.print(what)
        for line in (*outcome.blockers, outcome.hint):
            if line and line != outcome.message:
                self._console.print(Text(f"  {line}"))

    def _begin_step(self, message: str, fields: dict[str, Any]) -> None:
        what = message + (f", {fields['number']} of {fields['of']}" if fields["of"] > 1 else "")
        if self._step is None or self._step[0] != what:
            # Else it is another try, and what it waited for may be in its way still.
            self._end_wait()
            self._step, self._progress = (what, time.monotonic()), {}

    def _begin_to_wait(self, message: str, tries: str, fields: dict[str, Any]) -> None:
        since = self._wait[1] if self._wait else time.monotonic()
        self._blockers = list(fields.get("blockers", ()))
        # Who is in the way stands below it, a line for each.
        what = _DETAILS.split(message)[0] + tries if self._blockers or tries else message
        self._wait = what, since

    def _end_wait(self) -> None:
        over, self._wait, self._blockers = self._wait, None, []
        if over is not None:
            message, since = over
            self._console.print(Text(f"· waited {duration(time.monotonic() - since)}: {message}", "dim"))

    def _end_step(self, fields: dict[str, Any]) -> None:
        self._end_wait()
        what, _ = self._step or ("", 0.0)
        rows = f", {count(self._progress['rows'])} rows" if self._progress else ""
        took = duration(fields["duration_ms"] / 1000)
        # First, since what is printed draws the view anew.
        self._step, self._progress = None, {}
        self._console.print(Text.assemble(("✓ ", "green"), what, (f"  {took}{rows}", "dim")))

    def _draw(self) -> None:
        if self._drawn is None:
            self._drawn = Drawn(
                console=self._console,
                get_renderable=lambda: Group(*self._parts()),
                refresh_per_second=DRAWN_PER_S,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._drawn.start()
            if sys.stderr.isatty():
                # What a revision prints comes out above the view, not in the middle of it.
                self._stderr, sys.stderr = sys.stderr, FileProxy(self._console, sys.stderr)
        self._drawn.refresh()

    def _parts(self) -> Iterator[RenderableType]:
        now = time.monotonic()
        if self._step is not None:
            what, began = self._step
            yield self._moving(what, now - began, "bold")
        if self._progress:
            yield _progress(self._progress)
        if self._wait is not None:
            message, since = self._wait
            yield self._moving(message, now - since, "yellow")
        for blocker in self._blockers[:MOST_BLOCKERS]:
            yield Text(f"    in the way: {blocker}", "yellow")
        if len(self._blockers) > MOST_BLOCKERS:
            yield Text(f"    and {len(self._blockers) - MOST_BLOCKERS} more", "yellow")

    def _moving(self, what: str, for_s: float, style: str) -> RenderableType:
        row = Table.grid(padding=(0, 1))
        row.add_row(self._spinner, Text.assemble((what, style), (f"  {duration(for_s)}", "dim")))
        return row


def _progress(progress: dict[str, Any]) -> RenderableType:
    """A bar, then rows, rate and time to go; on a narrow terminal the words wrap under one another."""
    row = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=progress["rows_estimated"], completed=progress["rows"], width=BAR_WIDTH)
    share = progress["rows"] / progress["rows_estimated"]
    words = (
        f"{share:.0%}  {count(progress['rows'])} of {count(progress['rows_estimated'])} rows,"
        f" {count(progress['per_s'])}/s, {duration(progress['eta_s'])} to go"
    )
    row.add_row(" ", bar, Text(words))
    return row
