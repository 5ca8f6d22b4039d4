"""A node that vanishes: nobody closes a connection, and both sides must find out by themselves."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2

from tests.eventually import eventually
from tests.faults.network import own_network
from tests.job.database import Database
from tests.job.fixtures import Build, told_nobody
from tests.job.process import Job
from tests.job.scripts import FIRST, SECOND, sleep
from tests.server.embedded import EmbeddedServer, running

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


class OverTheSocket(Database):
    """Asked through the server's Unix socket, which needs no network."""

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__(server.url)
        self._arguments = server.url.for_psycopg2() | {"host": str(server.socket_folder)}

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(**self._arguments)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())


def test_a_node_that_vanishes_frees_the_lock_and_ends_the_run(tmp_path: Path, image: Build) -> None:
    """In the middle of a statement, too: the server lets go of the lock, and the run ends with 69."""
    with own_network() as take_away, running() as server:
        found = OverTheSocket(server)
        with told_nobody(Job(server.url, tmp_path), found) as job:
            slow = image(FIRST, replace(SECOND, up=sleep(600)))
            run = job.start("upgrade", image=slow, connect_deadline_s=5)
            eventually(lambda: found.is_any_runner("query LIKE '%pg_sleep%'"))
            assert found.value(LOCKS) == 1
            take_away()
            eventually(lambda: found.value(LOCKS) == 0)
            eventually(lambda: not found.is_any_runner("true"))
            assert found.states == {"0001": "applied"}
            ended = run.end()
            assert ended.code == 69, ended.text
            assert ended.events("connection.lost")
