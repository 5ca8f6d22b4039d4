"""Starts processes that end with the one that started them, even where that one is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
STOP_DEADLINE_S = 20
# Standard input closes when its other end does, which the kernel sees to however that process ends.
GUARDIAN = """
exec 3<&0
"$@" 3<&- </dev/null & child=$!
{ read -r _; kill -TERM "$child"; } <&3 2>/dev/null & watch=$!
wait "$child"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


@contextmanager
def guarded(
    arguments: Sequence[str], settings: Mapping[str, str], output: int | IO[str], root: Path = ROOT
) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m ARGUMENTS` with the code that lies in `root`, and stop it by SIGTERM when the block ends."""
    # Nobody may write into a folder while whoever made it removes it.
    own = {"PYTHONPATH": str(root)} | ({} if root == ROOT else {"PYTHONDONTWRITEBYTECODE": "1"})
    process = subprocess.Popen(  # noqa: S603 - the arguments are this folder's own
        ["/bin/sh", "-c", GUARDIAN, "guardian", sys.executable, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=root,
        env={**os.environ, **own, **settings},
        start_new_session=True,  # a Ctrl-C is for the tour, which then stops what it started in order
    )
    try:
        yield process
    finally:
        stop(process)


def ask_to_end(process: subprocess.Popen[str]) -> None:
    """Have it sent SIGTERM, and wait for nothing."""
    if process.stdin:
        process.stdin.close()


def stop(process: subprocess.Popen[str]) -> None:
    ask_to_end(process)
    try:
        process.wait(STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()
