"""The live panel stays within its terminal, whatever it has to say."""

from io import StringIO

import pytest
from rich.console import Console

from scripts.tour.panel import Panel, Row
from scripts.tour.release import FIRST
from scripts.tour.watch import Moment

LONG = "the database is at 0009, this image expects 0012; revision 0012 takes away what this image uses " * 3


@pytest.mark.parametrize("width", [60, 80, 120])
def test_its_lines_end_where_the_terminal_does(width: int) -> None:
    """A reason that is too long is cut, so that two instances take two lines each, and nothing wraps."""
    panel = Panel()
    panel.act = LONG
    panel.revisions = FIRST.revisions
    moments = (Moment(200, "unfinished", LONG, ("0007",)), Moment(503, "behind", LONG))
    panel.rows = lambda: [Row("v1-1", moments[0], 3.9, 1234), Row("v2-1", moments[1], 0, 0)]
    panel.doing = LONG
    console = Console(file=StringIO(), width=width)
    console.print(panel.draw(width - 4))
    lines = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined] # the StringIO above
    assert {len(line.rstrip()) for line in lines} == {width - 4}
    assert len(lines) == 8
    assert "200 unfinished" in lines[1]
    assert "0007 > 0008 data" in lines[5]
