"""The scripts: short, plain sh, and each known to the list of them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.repository.tree import ROOT, files

SCRIPTS = [path for path in files(ROOT / "scripts") if not path.suffix]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_short_plain_sh(script: Path) -> None:
    """A script has 25 lines at most, stops at the first failure, parses as sh, and can be started."""
    text = script.read_text()
    assert text.startswith("#!/bin/sh -e\n")
    assert text.count("\n") <= 25
    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


def test_the_list_of_scripts_is_complete() -> None:
    """scripts/README.md has a line for each script, and for nothing else."""
    listed = re.findall(r"^\| `([a-z-]+)", (ROOT / "scripts/README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(script.name for script in SCRIPTS)
