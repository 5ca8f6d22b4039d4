"""Starts the gate's own program as often as it is told, in processes that share its imports.

Each line of standard input is an environment in JSON, each line of standard output the process that got it.
When the input ends it waits for them, and says how each one ended.
"""

import json
import os
import sys

from service.gate.__main__ import main


def begin(environ: dict[str, str]) -> int:
    """Start one; its own output goes nowhere, since the parent's is the list of processes."""
    process = os.fork()
    if process == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)
        os._exit(main(environ))
    return process


if __name__ == "__main__":
    started = []
    for line in sys.stdin:
        started.append(begin(json.loads(line)))
        print(started[-1], flush=True)
    for process in started:
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
