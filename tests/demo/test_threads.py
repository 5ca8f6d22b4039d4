"""A thread of the demo whose block never began, because a signal struck between the two, keeps no process alive."""

import subprocess
import sys

import pytest

from tests.repository.tree import ROOT

BEGUN = {
    "watch": "from scripts.tour.watch import Watch; Watch('http://127.0.0.1:1/readyz', print)",
    "switch": "from scripts.tour.switch import Switch; Switch(0, list)",
    "traffic": "from scripts.tour.traffic import Traffic; Traffic('http://127.0.0.1:1', {}, 2025)",
    "screen": "from rich.console import Console; from scripts.tour.screen import Screen;"
    "Screen(Console(force_terminal=True))",
}


@pytest.mark.parametrize("program", BEGUN.values(), ids=BEGUN)
def test_it_does_not_outlive_who_began_it(program: str) -> None:
    """The process ends though nobody has ended the thread."""
    command = [sys.executable, "-c", f"{program}.__enter__(); raise SystemExit(143)"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
    assert ended.returncode == 143, ended.stderr
