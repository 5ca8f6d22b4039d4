"""The command line of `python -m db`."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

Argument = tuple[str, dict[str, Any]]

APPROVED: Argument = ("--approved", {"metavar": "DIGEST", "help": "of the only plan that may be applied"})
JSON: Argument = ("--json", {"action": "store_true", "help": "for programs: docs/commands.md"})

COMMANDS: dict[str, tuple[str, tuple[Argument, ...]]] = {
    "upgrade": (
        "apply everything that this image's code relies on",
        (
            JSON,
            (
                "target",
                {"nargs": "?", "choices": ["head", "heads"], "help": "heads: there are several, by design"},
            ),
            APPROVED,
            (
                "--accept-drift",
                {
                    "metavar": "REVISION",
                    "action": "append",
                    "default": [],
                    "help": "an applied one that was edited, and is the same still",
                },
            ),
        ),
    ),
    "finish": (
        "apply the rest, once no live reader needs what it takes away",
        (
            JSON,
            APPROVED,
            (
                "--soak",
                {"type": float, "metavar": "S", "help": "how long no reader was in the way (one lease)"},
            ),
            (
                "--wait",
                {"type": float, "default": 3600, "metavar": "S", "help": "how long to wait for that (3600)"},
            ),
        ),
    ),
    "check": ("would this image serve now? 0 or 79", (JSON,)),
    "wait": (
        "wait until this image would serve",
        (
            JSON,
            ("--wait", {"type": float, "default": 3600, "metavar": "S", "help": "how long (3600)"}),
        ),
    ),
    "status": ("how the database stands to this image", (JSON,)),
    "plan": ("what upgrade and finish would do: 0 nothing, 2 something", (JSON,)),
    "history": ("what was applied, when, by whom", (JSON,)),
    "events": ("everything that was done, in order", (JSON,)),
    "readers": ("who serves from this schema", (JSON,)),
    "verify": ("the catalogue against models and ledger: 0, or 84 and the SQL that mends it", (JSON,)),
    "settings": ("every setting with its meaning, value and source", (JSON,)),
    "hold": (
        "run a command as a registered reader; it ends when its lease does",
        (
            JSON,
            ("child", {"nargs": "+", "metavar": "COMMAND", "help": "-- and the command"}),
        ),
    ),
    "downgrade": (
        "go back, when nobody needs what goes",
        (
            JSON,
            ("target", {"metavar": "REVISION", "help": "where to; base is before the first one"}),
            ("--accept-loss", {"metavar": "DIGEST", "help": "of exactly what the refusal named"}),
        ),
    ),
    "stamp": (
        "say which revisions the database is at; nothing is run",
        (
            JSON,
            (
                "revisions",
                {"nargs": "+", "metavar": "REVISION", "help": "its heads, all of them; base is none"},
            ),
        ),
    ),
    "revision": (
        "write the next revision's script; scripts/revision starts the database that it needs",
        (("message", {"help": 'a verb and its object: "add rating to players"'}),),
    ),
    "lock": (
        "write db/revisions.lock; scripts/lock starts the database that it needs",
        (
            ("--check", {"action": "store_true", "help": "only compare"}),
            (
                "path",
                {"nargs": "?", "help": "of --migrations DIR: where to (DIR/revisions.lock)"},
            ),
        ),
    ),
}


def read(arguments: Sequence[str]) -> SimpleNamespace:
    """What was asked for: `name` is the command's. Ends the process with 64 where nobody can tell what was meant."""
    if len(arguments) == 1 and (alone := defaults(arguments[0])) is not None:
        return SimpleNamespace(name=arguments[0], migrations=None, **alone)
    # A command by itself, as the Job's is, needs none: to import argparse and to ask it takes longer than the database.
    from db.parser import parser

    return parser().parse_args(arguments, SimpleNamespace())


def defaults(command: str) -> dict[str, Any] | None:
    """What argparse makes of `command` by itself; None where it would refuse it."""
    values: dict[str, Any] = {}
    if command not in COMMANDS:
        return None
    for flag, how in COMMANDS[command][1]:
        if not flag.startswith("--") and how.get("nargs") != "?":
            return None
        nothing = False if how.get("action") == "store_true" else None
        values[flag.removeprefix("--").replace("-", "_")] = how.get("default", nothing)
    return values
