"""What the tour looks like: lines as things happen, and on a terminal a live panel below them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from scripts.tour.watch import Moment

COLOURS = {200: "green", 503: "red", 0: "dim"}
WHO = 7
MARGIN = 4  # where a terminal shows the Ctrl-C that is typed
COLUMNS = ("won", "drawn", "lost", "points", "goals", "assists")


class Screen:
    """Takes what is told, from any thread."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._since = time.monotonic()
        self._moment = Moment(0)
        self._spinner = Spinner("dots", "")
        self._live = Live(console=console, get_renderable=self._panel, refresh_per_second=10, transient=True)

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def doing(self, what: str) -> None:
        """Say below everything what is going on now."""
        self._spinner.update(text=Text(what))

    def say(self, who: str, what: str, style: str = "") -> None:
        """Write one line, or on a narrow terminal a few."""
        since = f"{time.monotonic() - self._since:5.1f}"
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(Text(since, style="dim"), Text(f"{who:<{WHO}}", style="bold"), Text(what, style=style))
        self._console.print(line)

    def gate(self, moment: Moment) -> None:
        """Write what /readyz says from now on."""
        self._moment = moment
        self.say("/readyz", str(moment), COLOURS.get(moment.status, ""))

    def leaderboard(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write a table of players."""
        table = Table(box=None, padding=(0, 1), pad_edge=False)
        table.add_column("player", min_width=12)
        for column in COLUMNS:
            table.add_column(column, justify="right")
        for line in lines:
            table.add_row(line["name"], *(str(line[column]) for column in COLUMNS))
        self._console.print()
        self._console.print(table)
        self._console.print()

    def listed(self, found: Mapping[str, str]) -> None:
        """Write what can be asked, and how."""
        self._console.print()
        for what, how in found.items():
            line = Text(f"{what:<{WHO}}  ", style="bold").append(how, style="not bold")
            self._console.print(line, soft_wrap=True)  # so that it can be copied

    def _panel(self) -> RenderableType:
        colour = COLOURS.get(self._moment.status, "")
        gate = Text(f"/readyz  {self._moment}", style=colour)
        return Panel(
            Group(gate, self._spinner),
            title="calcio",
            title_align="left",
            border_style=colour,
            width=self._console.width - MARGIN,
        )
