"""`python -m db COMMAND`: the Job's program, and the one a person asks."""

import os
import sys
from collections.abc import Mapping, Sequence

from db import commands
from db.arguments import parser
from db.contract.refusal import Refusal

QUESTIONS = {"status", "history", "events", "readers"}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; answers the exit code."""
    options = parser().parse_args(arguments)
    if options.migrations:
        environ = {**environ, "CALCIO_MIGRATIONS": options.migrations}
    command = commands.ask if options.name in QUESTIONS else getattr(commands, options.name)
    return int(command(options, environ))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
