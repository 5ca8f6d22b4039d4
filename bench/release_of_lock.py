"""`python -m bench.release_of_lock`: how long a dead migration holds its locks, killed inside a statement of 20 s."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.history import History
from scripts.tour.place import Place, choose_ports, settled
from tests.eventually import eventually
from tests.server.roles import session

ROUNDS = 5
STATEMENT_S = 20
STATEMENTS = ("CREATE TABLE locked (id int)", f"SELECT pg_sleep({STATEMENT_S})")
SLEEPING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep%'"
    " AND state = 'active' AND pid <> pg_backend_pid()"
)
# The runner's lock, and whatever the statements before the long one have locked.
LOCKS = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND locktype IN ('advisory', 'relation')
"""


def held_s(place: Place, history: History, command: Sequence[str]) -> float:
    """How long after its end by SIGKILL something was still locked."""
    with history.database(place) as (url, environ), session(url) as cursor:

        def count(question: str) -> int:
            cursor.execute(question)
            return int(cursor.fetchone()[0])

        process = start(command, environ)
        eventually(lambda: count(SLEEPING))
        process.kill()
        begun = time.perf_counter()
        process.wait()
        while count(LOCKS):
            time.sleep(0.005)
        return time.perf_counter() - begun


def start(command: Sequence[str], environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, env={**os.environ, **environ}, stdout=nowhere, stderr=nowhere)  # noqa: S603 - ours


def main() -> None:
    with tempfile.TemporaryDirectory() as name, settled(choose_ports(0).postgres) as place:
        history = History(Path(name) / "migrations", STATEMENTS)
        freed_s = median(held_s(place, history, history.job) for _ in range(ROUNDS))
        outlived_s = held_s(place, history, history.alembic())
        print(f"python -m db upgrade   locks free after {freed_s:5.2f} s (median of {ROUNDS})")
        print(f"alembic upgrade head   locks free after {outlived_s:5.2f} s")


if __name__ == "__main__":
    main()
