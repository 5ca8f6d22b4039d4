"""`python -m bench.nothing_to_do`: the Job against plain Alembic where the database is at the head already."""

import sys
from pathlib import Path

from bench.child import Ran, middle, run
from scripts.tour.place import Place, choose_ports, settled
from scripts.tour.settings import of_the_job

ROUNDS = 15
JOB = [sys.executable, "-m", "db", "upgrade"]
ALEMBIC = [str(Path(sys.executable).with_name("alembic")), "-c", "db/alembic.ini", "upgrade", "head"]


def measure(place: Place) -> tuple[Ran, Ran]:
    """The Job and plain Alembic in turns, so that both meet the same machine."""
    settings = of_the_job(place)
    run(JOB, settings)
    run([sys.executable, "-m", "db", "finish", "--soak", "0"], settings)
    run(ALEMBIC, settings)
    rounds = [(run(JOB, settings), run(ALEMBIC, settings)) for _ in range(ROUNDS)]
    jobs, alembics = zip(*rounds, strict=True)
    return middle(jobs), middle(alembics)


def main() -> None:
    with settled(choose_ports(0).postgres) as place:
        job, alembic = measure(place)
    print(f"python -m db upgrade   {job.wall_s:.3f} s   {job.peak_mib:.1f} MiB")
    print(f"alembic upgrade head   {alembic.wall_s:.3f} s   {alembic.peak_mib:.1f} MiB")
    print(
        f"ratio                  {job.wall_s / alembic.wall_s:.2f}      {job.peak_mib / alembic.peak_mib:.2f}"
    )


if __name__ == "__main__":
    main()
