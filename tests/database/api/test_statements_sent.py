"""How many statements an operation sends: as many for a full evening as for an empty one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from db.contract.url import DatabaseUrl
from service.auth import Auth, Role
from service.catalogue import catalogue
from service.keys import verifier
from tests.database.api.conftest import client
from tests.database.api.evening import (
    API,
    change,
    finalise,
    made,
    make_match,
    make_players,
    put_goals,
    side,
)
from tests.database.api.serving import served
from tests.database.api.tokens import AUDIENCE, ISSUER
from tests.eventually import eventually
from tests.server.roles import session

CROWD = 40
# Waits for the session's end.
TERMINATE_WAITING = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
"""
NAMES = {statement.sql: name for name, statement in catalogue().items()}


class Counted:
    """An organiser, and the names of the statements that were sent since one last looked."""

    def __init__(self, organiser: Client, heard: list[str]) -> None:
        self.organiser = organiser
        self._heard = heard

    def taken(self) -> list[str]:
        """What was sent of the catalogue; the rest is asyncpg's, around transactions, types and sessions."""
        # asyncpg tells a turn of its loop late; who is answered now is answered after that.
        self.organiser.get("/openapi.json").raise_for_status()
        sent = [NAMES[one] for one in self._heard if one in NAMES]
        self._heard.clear()
        return sent


@pytest.fixture(scope="module")
def counted(api_url: DatabaseUrl, secret_file: Path) -> Iterator[Counted]:
    """An API that says what it sends."""
    heard: list[str] = []

    def hear(record: Any) -> None:
        heard.append(record.query)

    auth = Auth(verifier(None, secret_file, ISSUER, AUDIENCE))
    with ExitStack() as stack:
        address = stack.enter_context(served(api_url, auth, heard=hear))
        yield Counted(stack.enter_context(client(address, Role.ADMIN)), heard)


def evening(counted: Counted, players: int, goals: int) -> dict[str, list[str]]:
    """What is sent by each operation of an evening with so many people and goals."""
    organiser, sent = counted.organiser, {}
    player_ids = make_players(organiser, players)
    match = make_match(organiser, player_ids)
    scorer = {"scorer_id": side(organiser, match, "home")[0]}
    paths = {
        "players": "players?limit=100",
        "sessions": "sessions?limit=100",
        "answers": f"sessions/{match['session_id']}/availability?limit=100",
        "teams": f"sessions/{match['session_id']}/teams",
        "matches": "matches?limit=100",
        "of session": f"sessions/{match['session_id']}/matches",
        "sheet": f"matches/{match['id']}",
        "ratings": f"players/{player_ids[0]}/ratings",
        "statistics": "statistics?season=2025&limit=100",
        "users": "users?limit=100",
    }
    counted.taken()
    match = put_goals(organiser, match, [scorer] * goals)
    sent["goals"] = counted.taken()
    match = made(finalise(organiser, match), 200)
    sent["finalise"] = counted.taken()
    put_goals(organiser, match, [scorer] * (goals + 1))
    sent["correct"] = counted.taken()
    for name, path in paths.items():
        made(organiser.get(f"{API}/{path}"), 200)
        sent[name] = counted.taken()
    return sent


def test_more_rows_are_not_more_statements(counted: Counted) -> None:
    """Neither lists, nor sheets, nor the transactions that count a match ask once a row."""
    few = evening(counted, 2, 0)
    many = evening(counted, 22, 40)
    assert few == many
    assert {name: len(sent) for name, sent in many.items() if len(sent) > 3} == {
        "goals": 6,
        "finalise": 8,
        "correct": 11,
    }


def test_a_crowd_before_the_leaderboard_asks_twice(counted: Counted, owner: DatabaseUrl) -> None:
    """Whoever opens it while it is read has a part in the next reading, and takes no connection from anybody else."""
    path = f"{API}/statistics?season=2025"
    with session(owner) as cursor, ThreadPoolExecutor(CROWD) as people:
        counted.taken()
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE season_statistics")
        opened = [people.submit(counted.organiser.get, path) for _ in range(CROWD)]
        # The pool has eight, of which one waits for the lock.
        eventually(lambda: waiting(cursor, "season_statistics") == 1)
        made(counted.organiser.get(f"{API}/players"), 200)
        assert waiting(cursor, "season_statistics") == 1
        cursor.execute("COMMIT")
        bodies = {one.result().raise_for_status().content for one in opened}
    assert len(bodies) == 1
    # Who was still on the way when the lock was gone may have had one of their own.
    assert 1 <= counted.taken().count("statistics.leaderboard") < CROWD / 2


def test_a_crowd_that_reads_by_id_asks_twice(counted: Counted, owner: DatabaseUrl) -> None:
    """Whatever each of them reads: while a migration holds the table, one connection waits, and the rest are free."""
    ids = make_players(counted.organiser, CROWD)
    missing = max(ids) + 1
    with session(owner) as cursor, ThreadPoolExecutor(CROWD + 1) as people:
        counted.taken()
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE player")
        opened = {
            one: people.submit(counted.organiser.get, f"{API}/players/{one}") for one in [*ids, missing]
        }
        eventually(lambda: waiting(cursor, "player") == 1)
        made(counted.organiser.get(f"{API}/sessions"), 200)
        assert waiting(cursor, "player") == 1
        cursor.execute("COMMIT")
        assert opened.pop(missing).result().status_code == 404
        assert [made(one.result(), 200)["id"] for one in opened.values()] == ids
    assert 1 <= counted.taken().count("players.read") < CROWD / 2


def test_a_session_that_dies_takes_one_request_with_it(
    counted: Counted, owner: DatabaseUrl, server_url: DatabaseUrl
) -> None:
    """Also where many had a part in what it read: they ask once more, each alone."""
    ids = make_players(counted.organiser, CROWD)
    with session(owner) as cursor, session(server_url) as admin, ThreadPoolExecutor(CROWD) as people:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE player")
        opened = [people.submit(counted.organiser.get, f"{API}/players/{one}") for one in ids]
        # Of one who asks alone, and of all who came meanwhile.
        for _ in range(2):
            eventually(lambda: waiting(cursor, "player") == 1)
            admin.execute(TERMINATE_WAITING)
        cursor.execute("COMMIT")
        failed = [one.result().status_code for one in opened if one.result().status_code != 200]
    assert failed in ([503], [503, 503])


def waiting(cursor: Any, table: str) -> int:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass(%s)", [table])
    [(many,)] = cursor.fetchall()
    return int(many)


def test_making_teams_asks_once_for_all(counted: Counted) -> None:
    """A split of 22 takes as many statements as one of 2."""
    sent = []
    for players in (2, 22):
        match = make_match(counted.organiser, make_players(counted.organiser, players))
        counted.organiser.get(f"{API}/matches/{match['id']}")
        counted.taken()
        path = f"{API}/sessions/{match['session_id']}/teams"
        made(counted.organiser.post(path, json={}))
        sent.append(counted.taken())
    assert sent[0] == sent[1]


def test_moving_a_session_asks_once_for_all(counted: Counted) -> None:
    """Another season for a match of 2 takes as many statements as for one of 22."""
    sent = []
    for players in (2, 22):
        match = make_match(counted.organiser, make_players(counted.organiser, players))
        made(finalise(counted.organiser, match), 200)
        path = f"{API}/sessions/{match['session_id']}"
        counted.taken()
        change(counted.organiser, path, {"starts_at": "2024-10-01T18:00:00Z"})
        sent.append(counted.taken())
    assert sent[0] == sent[1]
    assert sent[0].count("statistics.refresh") == 2
