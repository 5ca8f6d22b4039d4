"""What the tour looks like: lines as things happen, and on a terminal a live panel below them."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scripts.tour.panel import COLOURS, Panel
from scripts.tour.watch import Moment

WHO = 8
MARGIN = 4  # where a terminal shows the Ctrl-C that is typed
REFRESH_S = 0.1
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
            auto_refresh=False,
            transient=True,
        )
        # A line goes where the panel begins, which is known only while nobody else draws it.
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._refresh, name="screen", daemon=True)

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live.start()
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._ended.set()
            self._thread.join()
            self._live.stop()

    def _refresh(self) -> None:
        while not self._ended.wait(REFRESH_S):
            with self._turn:
                self._live.refresh()

    def _print(self, *lines: RenderableType, **options: Any) -> None:
        with self._turn:
            for line in lines:
                self._console.print(line, **options)

    def act(self, number: int, what: str) -> None:
        """Begin a part of the story."""
        self.panel.act = f"calcio, act {number}: {what}"
        self._print("")
        self.say(f"act {number}", what, "bold")

    def say(self, who: str, what: str, style: str = "") -> None:
        """Write one line, or on a narrow terminal a few."""
        since = f"{time.monotonic() - self._since:5.1f}"
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(Text(since, style="dim"), Text(f"{who:<{WHO}}", style="bold"), Text(what, style=style))
        self._print(line)

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
        self._print("", table)

    def listed(self, found: Mapping[str, str]) -> None:
        """Write what can be asked, and how."""
        self._print("")
        for what, how in found.items():
            line = Text(f"{what:<{WHO}}  ", style="bold").append(how, style="not bold")
            self._print(line, soft_wrap=True)  # so that it can be copied
