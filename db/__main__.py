"""`python -m db COMMAND`: the Job's program, and the one a person asks."""

import gc
import os
import sys
from collections.abc import Mapping, Sequence

from db import commands
from db.arguments import read
from db.contract.refusal import ExitCode, Refusal
from db.runner.without import without

QUESTIONS = {"status", "history", "events", "readers"}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; answers the exit code."""
    options = read(arguments)
    import_driver()
    if options.migrations:
        environ = {**environ, "CALCIO_MIGRATIONS": options.migrations}
    command = commands.ask if options.name in QUESTIONS else getattr(commands, options.name)
    return int(command(options, environ))


def import_driver() -> None:
    """Import psycopg2 without `ssl`, a tenth of the time and a sixth of the memory of a run with nothing to do.

    It imports the module only to leave OpenSSL's locking to it, as OpenSSL before 1.1 needed, and does without
    where there is none (psycopg2's psycopg/psycopgmodule.c). TLS itself is libpq's.
    """
    try:
        with without("ssl"):
            import psycopg2  # noqa: F401 - from here on it is there
    except ModuleNotFoundError as error:
        if error.name != "psycopg2":
            raise
        raise Refusal(
            ExitCode.CONFIGURATION,
            "psycopg2 is not installed, and revisions run on it",
            "pip install psycopg2-binary",
        ) from error


if __name__ == "__main__":
    # A run with nothing to do makes no garbage: looking for it is a tenth of its work. Longer ones look still.
    gc.set_threshold(100_000)
    try:
        code = main(sys.argv[1:], os.environ)
        gc.freeze()  # as it ends, Python would look through everything once more
        sys.exit(code)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
