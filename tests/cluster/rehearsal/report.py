"""Writes the report: one page that needs nothing else, with the figures and a picture of each rehearsal."""

import statistics
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.cluster.rehearsal.client import SLOW_MS
from tests.cluster.rehearsal.plot import Plot
from tests.cluster.rehearsal.record import Record

FIGURES = (
    "rehearsal",
    "seconds",
    "requests",
    "failed",
    "slower than 1 s",
    "median ms",
    "slowest ms",
    "writes acknowledged",
    "lost",
)
PAGE = Path(__file__).with_name("report.html")


def write(records: Sequence[Record], path: Path) -> None:
    """Write the page; a rehearsal that did not get as far as one answer has figures and no picture."""
    rows = "\n".join(row([str(figure) for figure in figures(record)]) for record in records)
    pictures = "\n".join(section(record) for record in records if record.served)
    path.parent.mkdir(parents=True, exist_ok=True)
    page = PAGE.read_text().replace("{head}", row(FIGURES, "th")).replace("{rows}", rows)
    path.write_text(page.replace("{pictures}", pictures))


def figures(record: Record) -> list[object]:
    """What FIGURES names."""
    served = record.served
    if not served:
        return [record.name, *["-"] * (len(FIGURES) - 1)]
    took = [one.ms for one in served if not one.failed]
    return [
        record.name,
        round(served[-1].answered_at - record.marks[0][0]),
        len(served),
        len(record.harmed),
        sum(ms > SLOW_MS for ms in took),
        round(statistics.median(took), 1),
        round(max(took)),
        len(record.acknowledged),
        len(record.lost),
    ]


def section(record: Record) -> str:
    failures = "".join(f"<li>{escape(one)}</li>" for one in record.harmed[:50])
    began = record.marks[0][0]
    marks = "".join(f"<li>{at - began:.0f} s: {escape(what)}</li>" for at, what in record.marks)
    title = f"<h2>{escape(record.name)}</h2>"
    return f"<section>{title}\n{Plot(record).drawn()}\n<ol>{marks}</ol>\n<ul>{failures}</ul></section>"


def row(cells: Sequence[str], kind: str = "td") -> str:
    return "<tr>" + "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in cells) + "</tr>"
