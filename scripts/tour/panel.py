"""The live panel: who serves and why, how far the schema is, and what came of the requests."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.panel import Panel as Frame
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from db.contract.lockfile import Entry
from scripts.tour.traffic import Traffic
from scripts.tour.watch import Moment

COLOURS = {200: "green", 503: "red", 0: "dim"}
LABEL = 9
EDGES = 6  # of the frame, with what stands before its title and its last line
NEAR = 4  # so many revisions on each side of where the schema is


class Row(NamedTuple):
    """One instance as it is shown."""

    name: str
    moment: Moment
    lease_s: float
    taken: int


class Panel:
    """What is shown; set what has changed."""

    def __init__(self) -> None:
        self.act = "calcio"
        self.rows: Callable[[], Sequence[Row]] = tuple
        self.revisions: Sequence[Entry] = ()
        self.traffic: Traffic | None = None
        self.doing = ""
        self._spinner = Spinner("dots")

    def draw(self, width: int) -> RenderableType:
        rows = self.rows()
        lines = [line for row in rows for line in drawn(row)]
        if found := {one for row in rows for one in row.moment.found}:
            lines.append(labelled("schema", chain(self.revisions, found)))
        if self.traffic:
            style = "bold red" if self.traffic.failed else "bold green"
            lines.append(labelled("requests", Text(str(self.traffic), style=style)))
        self._spinner.update(text=cut(self.doing, width))
        return Frame(
            Group(*lines, self._spinner), title=cut(self.act, width), title_align="left", width=width
        )


def cut(line: str, width: int) -> Text:
    text = Text(line)
    text.truncate(width - EDGES, overflow="ellipsis")
    return text


def drawn(row: Row) -> list[RenderableType]:
    """An instance in two lines: what it says and how it is used, then why it says so."""
    moment = row.moment
    colour = COLOURS.get(moment.status, "")
    said = Text(f"{moment.status} {moment.standing}" if moment.answered else "", style=f"bold {colour}")
    head = Table.grid(expand=True)
    head.add_column(min_width=LABEL)
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    lease = f"lease {row.lease_s:.1f} s" if row.lease_s else "no reader"
    head.add_row(Text(row.name, style="bold"), said, Text(f"{lease:>11}, {row.taken:>4} connections"))
    return [head, labelled("", Text(moment.reason, style=colour))]


def labelled(label: str, text: Text) -> Text:
    """A line that ends where the panel does."""
    return Text.assemble((f"{label:<{LABEL}}", "bold"), text, no_wrap=True, overflow="ellipsis")


def chain(revisions: Sequence[Entry], found: set[str]) -> Text:
    """The revisions around where the schema is, and what those to come would do."""
    ids = [entry.revision.revision for entry in revisions]
    at = max((ids.index(one) for one in found if one in ids), default=-1) + 1
    text = Text(" ".join(ids[max(0, at - NEAR) : at]), style="green")
    text.append(" > ", style="bold not dim default")
    to_come = [f"{entry.revision.revision} {entry.revision.phase}" for entry in revisions[at : at + NEAR]]
    return text.append(", ".join(to_come) or "nothing to come", style="dim not bold default")
