"""A node that vanishes: nobody closes a connection, and both sides must find out by themselves."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2

from tests.eventually import eventually
from tests.faults.network import own_network
from tests.job.fixtures import Build
from tests.job.process import Job
from tests.job.scripts import FIRST, SECOND, sleep
from tests.server.embedded import EmbeddedServer, running

RUNNERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'calcio-migrate/%'"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


def asked(server: EmbeddedServer, sql: str) -> int:
    """The one number that `sql` answers, asked through the server's Unix socket: it needs no network."""
    arguments = server.url.for_psycopg2() | {"host": str(server.socket_folder)}
    with closing(psycopg2.connect(**arguments)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        [(number,)] = cursor.fetchall()
        return int(number)


def test_a_node_that_vanishes_frees_the_lock_and_ends_the_run(tmp_path: Path, image: Build) -> None:
    """In the middle of a statement, too: the server lets go of the lock, and the run ends with 69."""
    with own_network() as take_away, running() as server:
        job = Job(server.url, tmp_path)
        slow = image(FIRST, replace(SECOND, up=sleep(600)))
        run = job.start("upgrade", image=slow, connect_deadline_s=5)
        eventually(lambda: asked(server, f"{RUNNERS} AND query LIKE '%pg_sleep%'"))
        assert asked(server, LOCKS) == 1
        take_away()
        eventually(lambda: asked(server, LOCKS) == 0)
        eventually(lambda: asked(server, RUNNERS) == 0)
        assert asked(server, "SELECT count(*) FROM ledger_revision WHERE state = 'applied'") == 1
        ended = run.end()
    assert ended.code == 69, ended.text
    assert ended.events("connection.lost")
