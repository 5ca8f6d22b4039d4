"""Runs one command of the Job as the process that the Job would be, and tells what it says."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

from db.contract.refusal import ExitCode, Refusal
from scripts.tour.place import Place
from scripts.tour.processes import guarded
from scripts.tour.release import Release
from scripts.tour.settings import of_the_job

Say = Callable[[str], None]


def run_job(
    release: Release, command: str, place: Place, say: Say, expected: ExitCode = ExitCode.DONE
) -> dict[str, Any]:
    """Run `python -m db COMMAND` to its outcome, and answer that; raises Refusal where it is not as `expected`."""
    arguments = ["db", *command.split()]
    with guarded(arguments, of_the_job(place, release), subprocess.PIPE, release.root) as process:
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
    if code != expected:
        raise Refusal(
            ExitCode.INTERNAL,
            f"`python -m db {command}` ended with {code}, expected {expected}: {outcome.get('message', unexplained)}",
            outcome.get("hint", ""),
        )
    say(f"{outcome['message']} (exit {code})")
    return outcome
