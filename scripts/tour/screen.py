"""What the tour looks like: lines as things happen, and on a terminal a live panel below them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scripts.tour.panel import COLOURS, Panel
from scripts.tour.watch import Moment

WHO = 8
MARGIN = 4  # where a terminal shows the Ctrl-C that is typed
COLUMNS = ("won", "drawn", "lost", "points", "goals", "assists")


class Screen:
    """Takes what is told, from any thread."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._since = time.monotonic()
        self.panel = Panel()
        self._live = Live(
            console=console,
            get_renderable=lambda: self.panel.draw(console.width - MARGIN),
            refresh_per_second=10,
            transient=True,
        )

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def act(self, number: int, what: str) -> None:
        """Begin a part of the story."""
        self.panel.act = f"calcio, act {number}: {what}"
        self._console.print()
        self.say(f"act {number}", what, "bold")

    def say(self, who: str, what: str, style: str = "") -> None:
        """Write one line, or on a narrow terminal a few."""
        since = f"{time.monotonic() - self._since:5.1f}"
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(Text(since, style="dim"), Text(f"{who:<{WHO}}", style="bold"), Text(what, style=style))
        self._console.print(line)

    def gate(self, who: str, moment: Moment) -> None:
        """Write what an instance's /readyz says from now on."""
        self.say(who, f"/readyz {moment}", COLOURS.get(moment.status, ""))

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
