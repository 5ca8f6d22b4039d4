"""`python -m bench.api`: what the API answers in a second, beside FastAPI with SQLAlchemy's ORM and bare ASGI.

The same server, worker, database and rows for all three; they are asked in turns, so that all meet the same machine.
Beside the answers a second stands the processor time that the processes took for one, which a busy machine moves less.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import NamedTuple

import psutil
import uvloop

from bench import seasons
from bench.contestants import contestant, migrated, spent_s
from bench.load import CONNECTIONS, Target, is_answered, load
from tests.eventually import eventually

ROUNDS = 16
ROUND_S = 0.5
ALL = ("service", "baseline", "bare")
ROW = "/api/v1/players/1{}"
PAGE = f"/api/v1/statistics?season={seasons.SEASONS[-1]}"


class Question(NamedTuple):
    """What is asked, of whom, and how many ask at once."""

    path: str
    of: Sequence[str] = ALL
    connections: int = CONNECTIONS


QUESTIONS: Mapping[str, Question] = {
    "one row by id, for each another one": Question(ROW),
    "one row by id, where nobody else asks": Question(ROW, connections=1),
    "leaderboard": Question(PAGE, ALL[:2]),
    # No two ask the same: nothing can be shared.
    "leaderboard, for each a page of another length": Question(f"{PAGE}&limit=2{{}}", ALL[:2]),
}


class Rate(NamedTuple):
    """How often something answers, and what it costs."""

    a_second: float
    cpu_us: float


def rate(target: Target, process: psutil.Process, connections: int) -> Rate:
    """Ask for a round."""
    before_s = spent_s(process)
    a_second = uvloop.run(load(target, ROUND_S, connections))
    return Rate(a_second, 1e6 * (spent_s(process) - before_s) / (a_second * ROUND_S))


def line(name: str, rounds: Sequence[Mapping[str, Rate]]) -> str:
    """The medians of `name`, and how many times as often the service answers."""
    rates = [one[name] for one in rounds]
    a_second, cpu_us = (median(figures) for figures in zip(*rates, strict=True))
    times = median(one["service"].a_second / one[name].a_second for one in rounds)
    cost = median(one[name].cpu_us / one["service"].cpu_us for one in rounds)
    return (
        f"{name:10} {a_second:7.0f} a second {cpu_us:8.0f} µs each |"
        f" the service: {times:6.2f} times as many, {cost:6.2f} by processor time"
    )


def main() -> None:
    with migrated() as place, ExitStack() as stack:
        begun = {name: stack.enter_context(contestant(name, place)) for name in ALL}
        processes = {name: psutil.Process(pid) for name, (_, pid) in begun.items()}
        for title, question in QUESTIONS.items():
            targets = {name: Target(begun[name][0].http, question.path) for name in question.of}
            for target in targets.values():
                eventually(partial(is_answered, target))
            rounds = [
                {
                    name: rate(target, processes[name], question.connections)
                    for name, target in targets.items()
                }
                for _ in range(ROUNDS)
            ]
            print(title)
            for name in question.of:
                print(line(name, rounds), flush=True)


if __name__ == "__main__":
    main()
