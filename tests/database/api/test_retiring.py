"""A player who retires at the moment in which teams are made of them, or a match of theirs becomes final."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from httpx import Client, Response

from db.contract.url import DatabaseUrl
from tests.database.api.evening import (
    API,
    Document,
    answer,
    finalise,
    made,
    make_match,
    make_players,
    make_session,
    put_goals,
    ratings,
    set_state,
    side,
)
from tests.database.api.recount import (
    assert_ratings_follow_from_matches,
    assert_statistics_follow_from_matches,
)
from tests.database.migrating import execute, rows
from tests.eventually import eventually
from tests.server.roles import session

# Who comes was read by then, and the teams are not written yet.
PAUSE = """
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$
"""
HALFWAY = "CREATE TRIGGER pause BEFORE INSERT ON team FOR EACH ROW EXECUTE FUNCTION pause()"
NO_PAUSE = "DROP FUNCTION pause CASCADE"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def halfway(owner: DatabaseUrl) -> Iterator[Any]:
    """Nobody writes a team before this transaction ends."""
    execute(owner, PAUSE, HALFWAY)
    try:
        with session(owner, autocommit=False) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(4711)")
            yield cursor.connection
    finally:
        execute(owner, NO_PAUSE)


@contextmanager
def held(owner: DatabaseUrl, player_id: int) -> Iterator[Any]:
    """Nobody else gets at this player before the block has committed."""
    with session(owner, autocommit=False) as cursor:
        cursor.execute("SELECT FROM player WHERE id = %s FOR UPDATE", [player_id])
        yield cursor.connection


def retires(organiser: Client, player_id: int) -> Callable[[], Response]:
    """Retire the player, by somebody who reads them now."""
    path = f"{API}/players/{player_id}"
    etag = organiser.get(path).headers["ETag"]
    return lambda: organiser.patch(path, json={"retired": True}, headers={"If-Match": etag})


def come(organiser: Client) -> tuple[int, list[int]]:
    """An open session, and three who said yes to it."""
    player_ids, session_id = make_players(organiser, 3), make_session(organiser)
    set_state(organiser, session_id, "open")
    answer(organiser, session_id, player_ids)
    return session_id, player_ids


def members(teams: Document) -> list[int]:
    return sorted(one["player_id"] for one in teams["home"] + teams["away"])


def waiting(owner: DatabaseUrl, many: int) -> None:
    eventually(lambda: rows(owner, WAITING)[0][0] == many)


def test_who_retires_while_teams_are_made_retires_after_them(
    organiser: Client, owner: DatabaseUrl, halfway: Any
) -> None:
    """Nobody is told that a player has stopped, and then sees new teams with that player in them."""
    session_id, player_ids = come(organiser)
    retire = retires(organiser, player_ids[0])
    path = f"{API}/sessions/{session_id}/teams"
    with ThreadPoolExecutor(2) as people:
        making = people.submit(organiser.post, path, json={})
        waiting(owner, 1)
        retiring = people.submit(retire)
        waiting(owner, 2)
        halfway.commit()
        assert members(made(making.result())) == player_ids
        made(retiring.result(), 200)
    assert members(made(organiser.post(path, json={}))) == player_ids[1:]


def test_teams_are_made_after_who_is_about_to_retire(organiser: Client, owner: DatabaseUrl) -> None:
    """Whoever makes teams waits for a player who is being retired, and then leaves them out."""
    session_id, player_ids = come(organiser)
    retire = retires(organiser, player_ids[0])
    with held(owner, player_ids[0]) as holding, ThreadPoolExecutor(2) as people:
        retiring = people.submit(retire)
        waiting(owner, 1)
        making = people.submit(organiser.post, f"{API}/sessions/{session_id}/teams", json={})
        waiting(owner, 2)
        holding.commit()
        made(retiring.result(), 200)
        assert members(made(making.result())) == player_ids[1:]


@pytest.mark.parametrize("whistle_first", [True, False])
def test_who_retires_at_the_final_whistle_has_played(
    organiser: Client, owner: DatabaseUrl, *, whistle_first: bool
) -> None:
    """Both are heard, whoever comes first, and the match counts for the player as for the others."""
    match = make_match(organiser, make_players(organiser, 2))
    (gone,) = side(organiser, match, "home")
    match = put_goals(organiser, match, [{"scorer_id": gone}])
    acts = [lambda: finalise(organiser, match), retires(organiser, gone)]
    with held(owner, gone) as holding, ThreadPoolExecutor(2) as people:
        told = []
        for act in acts if whistle_first else acts[::-1]:
            told.append(people.submit(act))
            waiting(owner, len(told))
        holding.commit()
        assert [one.result().status_code for one in told] == [200, 200]
    [rating] = ratings(organiser, gone)
    assert rating["mu"] > 25
    assert made(organiser.get(f"{API}/players/{gone}"), 200)["retired_at"]
    assert_statistics_follow_from_matches(owner)
    assert_ratings_follow_from_matches(owner)
