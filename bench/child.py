"""Runs a program and says how long it took, how much memory it had at most, and how it ended."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# A child's peak begins with its parent's: hence a parent with next to nothing in memory.
LAUNCHER = """
import os, sys, time
begun = time.monotonic()
child = os.fork()
if child == 0:
    os.dup2(2, 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
print([time.monotonic() - begun, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)])
"""


# As an image has it, and as installed: programs have bytecode, of which their first run makes what is missing.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


class Ran(NamedTuple):
    """One run of a program."""

    wall_s: float
    peak_mib: float
    code: int


def run(arguments: Sequence[str], settings: Mapping[str, str]) -> Ran:
    """Run `arguments`, a path of a program first, in the repository's folder."""
    launched = subprocess.run(  # noqa: S603 - the benchmarks name what they run
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *arguments],
        cwd=ROOT,
        env={**os.environ, **COMPILED, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    ran = Ran(*json.loads(launched.stdout))
    if ran.code:
        raise SystemExit(f"{' '.join(arguments)} ended with {ran.code}:\n{launched.stderr}")
    return ran


def middle(runs: Sequence[Ran]) -> Ran:
    """The median of each figure."""
    return Ran(*(median(figures) for figures in zip(*runs, strict=True)))
