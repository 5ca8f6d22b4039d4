"""Killed while it takes several steps in one transaction, a Job leaves what the next one makes whole."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.database.foreign.project import Project, execute, revision
from tests.job.database import Database
from tests.job.process import Job, Running
from tests.kills.left import left
from tests.kills.test_kills import KILLED, wait_for_the_server
from tests.kills.way import Boundary, way
from tests.server.roles import fresh_database

APART = """
    with op.get_context().autocommit_block():
        op.execute("VACUUM t1")"""
REVISIONS = {
    "1": execute("CREATE TABLE t1 (x int)"),
    "2": execute("INSERT INTO t1 VALUES (1)"),
    "3": APART,
    "4": execute("CREATE TABLE t4 (x int)"),
    "5": execute("UPDATE t1 SET x = x + 1"),
}
# What may be left committed: nothing, the two that share a transaction, the one apart, and the other two.
TOGETHER = [set(), {"1", "2"}, {"1", "2", "3"}, set(REVISIONS)]


@pytest.mark.parametrize("undeclared", ["expand", "strict"])
def test_steps_taken_together_are_all_there_or_none(
    server_url: DatabaseUrl,
    owner_url: DatabaseUrl,
    boundaries: Callable[[int], list[Boundary]],
    tmp_path: Path,
    undeclared: str,
) -> None:
    """At once the ledger tells the truth; after the next Job schema, rows and record are an undisturbed one's."""
    given = Project(tmp_path / "project").with_revisions(
        *(revision(id_, str(int(id_) - 1) if id_ != "1" else None, up=up) for id_, up in REVISIONS.items())
    )

    def start(url: DatabaseUrl, environ: dict[str, str]) -> Running:
        folder = tmp_path / secrets.token_hex(6)
        folder.mkdir()
        arguments = ("--migrations", str(given.migrations), "upgrade")
        return Job(url, folder).start(*arguments, environ=environ, undeclared=undeclared)

    with fresh_database(server_url) as name:
        url = owner_url.replace(database=name)
        with way(url) as (between, environ):
            assert start(url, environ).end().code == 0
        undisturbed = left(url)
    for boundary in boundaries(between.statements):
        with fresh_database(server_url) as name:
            url = owner_url.replace(database=name)
            with way(url, boundary) as (between_, environ):
                print(f"killed {boundary} of {between.statements}")
                running = start(url, environ)
                between_.victim.put(running.process)
                assert running.end().code == KILLED
            wait_for_the_server(url)
            assert_the_ledger_tells_the_truth(url)
            ended = start(url, {}).end()
            assert ended.code == 0, ended.text
            assert left(url) == undisturbed


def assert_the_ledger_tells_the_truth(url: DatabaseUrl) -> None:
    """A transaction is there whole, with its rows, or not at all; of the step apart, the announcement may be."""
    found = left(url)
    applied = {id_ for id_, state in found.states.items() if state == "applied"}
    assert applied in TOGETHER
    assert found.heads == found.ledger_heads
    assert found.heads in (None, {max(applied)} if applied else set())
    assert set(found.states) - applied <= {"3"}
    assert found.gates_read_the_ledger
    assert ("t4" in found.rows) == ("4" in applied)
    if "1" in applied:
        assert Database(url).value("SELECT x FROM t1") == (2 if "5" in applied else 1)
