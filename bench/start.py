"""`python -m bench.start`: from a process's start to its first 200 on /readyz, and what it holds in memory when idle.

The service beside FastAPI with SQLAlchemy's ORM, whose /readyz asks the database one question; both under gunicorn.
"""

import time
from statistics import median
from typing import NamedTuple

import psutil

from bench.contestants import contestant, migrated, spent_s
from bench.load import Target, is_answered
from scripts.tour.place import Place

ROUNDS = 10
LOOK_EVERY_S = 0.005
WITHIN_S = 60.0
IDLE_AFTER_S = 2.0
MIB = 1024 * 1024


class Started(NamedTuple):
    """One start."""

    wall_s: float
    cpu_s: float
    worker_mib: float  # its RSS
    all_mib: float  # with gunicorn's arbiter; what both share counts once


def start(name: str, place: Place) -> Started:
    """Start it, wait for the first 200, and look at what then lies idle."""
    begun = time.perf_counter()
    with contestant(name, place) as (listening, pid):
        while not is_answered(Target(listening.management, "/readyz")):
            if time.perf_counter() - begun > WITHIN_S:
                raise SystemExit(f"{name} was not ready within {WITHIN_S} s")
            time.sleep(LOOK_EVERY_S)
        wall_s = time.perf_counter() - begun
        shell = psutil.Process(pid)
        cpu_s = spent_s(shell)
        time.sleep(IDLE_AFTER_S)
        pythons = [one for one in shell.children(recursive=True) if "python" in one.name()]
        sizes = [one.memory_full_info() for one in pythons]
        return Started(
            wall_s, cpu_s, max(size.rss for size in sizes) / MIB, sum(size.pss for size in sizes) / MIB
        )


def main() -> None:
    with migrated() as place:
        rounds = [[start(name, place) for name in ("service", "baseline")] for _ in range(ROUNDS)]
    for name, starts in zip(("service", "baseline"), zip(*rounds, strict=True), strict=True):
        wall_s, cpu_s, worker_mib, all_mib = (median(figures) for figures in zip(*starts, strict=True))
        print(
            f"{name:10} ready after {wall_s:5.2f} s, {cpu_s:5.2f} s of processor time; idle, the larger process"
            f" {worker_mib:5.1f} MiB, {all_mib:5.1f} MiB with its arbiter"
        )
    wall, cpu = (median(one[figure] / other[figure] for one, other in rounds) for figure in (0, 1))
    print(f"ratio      {wall:.2f}, by processor time {cpu:.2f}")


if __name__ == "__main__":
    main()
