"""The argparse of `python -m db`, for all that is more than a command by itself."""

import argparse
import sys
from typing import NoReturn

from db.arguments import COMMANDS
from db.contract.refusal import ExitCode


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
    commands = main.add_subparsers(required=True, metavar="COMMAND", dest="name")
    for name, (help_, arguments) in COMMANDS.items():
        added = commands.add_parser(name, help=help_, description=help_)
        for flag, how in arguments:
            added.add_argument(flag, **how)
    return main
