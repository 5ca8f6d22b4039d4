"""Runs one command of the Job as the process that the Job would be, and tells what it says."""

import json
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from db.contract.refusal import ExitCode, Refusal
from scripts.tour.processes import guarded

Say = Callable[[str], None]


def run_job(command: str, settings: Mapping[str, str], say: Say) -> None:
    """Run `python -m db COMMAND` to its outcome; raises Refusal where that is none to go on with."""
    with guarded(["db", command], settings, subprocess.PIPE) as process:
        outcome: dict[str, Any] = {}
        doing, unexplained = "", ""
        for line in process.stdout or ():
            if not line.startswith("{"):
                unexplained = line.strip()
                continue
            event = json.loads(line)
            if event.get("event") == "step.begin":
                doing = event["message"]
            elif event.get("event") == "step.end":
                say(f"{doing} took {event['duration_ms']} ms")
            elif "outcome" in event:
                outcome = event
            else:
                say(event["message"])
        code = process.wait()
    if code != ExitCode.DONE:
        raise Refusal(
            ExitCode.INTERNAL,
            f"`python -m db {command}` ended with {code}, expected 0: {outcome.get('message', unexplained)}",
            outcome.get("hint", ""),
        )
    say(f"{outcome['message']} (exit {code})")
