"""The command line of `python -m db`."""

import argparse
import sys
from pathlib import Path
from typing import Any, NoReturn

from db.contract.refusal import ExitCode

Argument = tuple[str, dict[str, Any]]

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
            ("--approved", {"metavar": "DIGEST", "help": "of the only plan that may be applied"}),
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
                {"nargs": "?", "type": Path, "help": "of --migrations DIR: where to (DIR/revisions.lock)"},
            ),
        ),
    ),
}


class Parser(argparse.ArgumentParser):
    """argparse ends with 2, which means "pending" here."""

    def error(self, message: str) -> NoReturn:
        """Say what was expected, and end with 64."""
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")


def parser() -> Parser:
    """The parser; it sets `name` to the command's."""
    main = Parser(prog="python -m db", description="Moves the schema, and says how it stands.")
    main.add_argument(
        "--migrations", metavar="DIR", help="another project's folder of env.py (CALCIO_MIGRATIONS)"
    )
    # Named, since argparse would otherwise format a usage, for which it imports shutil, to find out.
    commands = main.add_subparsers(required=True, metavar="COMMAND", dest="name", prog=main.prog)
    for name, (help_, arguments) in COMMANDS.items():
        added = commands.add_parser(name, help=help_, description=help_)
        for flag, how in arguments:
            added.add_argument(flag, **how)
    return main
