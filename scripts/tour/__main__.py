"""`python -m scripts.tour`: tells the tour from the first process to the last, and leaves nothing behind."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from rich.console import Console

from db.contract.refusal import Refusal
from scripts.tour.place import Ports, choose_ports
from scripts.tour.screen import Screen
from scripts.tour.story import Story

# A developer's own settings must not change what is shown; libpq, gunicorn and httpx obey theirs silently.
FOREIGN = ("PG", "CALCIO_", "DATABASE_URL", "GUNICORN_", "WEB_CONCURRENCY")
PROXIES = ("http_proxy", "all_proxy")
OURS = "PG_BINDIR"
ENDLESS = 10_000
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    """Run the tour; answers the exit code."""
    options = parser().parse_args(arguments)
    for name in list(os.environ):
        if (name.startswith(FOREIGN) and name != OURS) or name.lower() in PROXIES:
            del os.environ[name]
    for ending in ENDINGS:
        signal.signal(ending, end)
    try:
        tell(choose_ports(options.port), once=options.once)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return refusal.code
    return 0


def tell(ports: Ports, *, once: bool) -> None:
    # What is no terminal has no width: a line is a line.
    width = None if sys.stdout.isatty() else ENDLESS
    with Screen(Console(highlight=False, width=width)) as screen:
        try:
            Story(screen, ports).tell(once=once)
        finally:
            screen.say("demo", "everything has ended, and nothing is left of it")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Shows two releases on one PostgreSQL server of its own: forward, back, and a contract.",
    )
    made.add_argument("--once", action="store_true", help="end when everything was shown")
    made.add_argument(
        "--port",
        type=int,
        default=0,
        help="where the API answers, the probes in the end one above (default: two free ports)",
    )
    return made


def end(number: int, _frame: FrameType | None) -> None:
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)  # who asks twice is being obeyed already
    # It may strike where a thread has begun and the block that ends it has not: hence each is a daemon.
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
