"""What becomes of things whose session is called off, or whose player stops, while others go on with them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx import Client, Response

from db.contract.url import DatabaseUrl
from tests.database.api.evening import (
    API,
    answer,
    change,
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
from tests.database.migrating import execute, rows
from tests.eventually import eventually
from tests.server.roles import session

# What the server says to a deadlock's victim, each time.
VICTIM = """
CREATE FUNCTION victim() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$
"""
EVERY_TIME = (
    "CREATE TRIGGER victim BEFORE UPDATE ON session FOR EACH ROW WHEN (NEW.id = {}) EXECUTE FUNCTION victim()"
)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def test_a_match_of_a_cancelled_session_does_not_count(organiser: Client) -> None:
    """What was called off moves nobody's rating; its line-ups stay readable."""
    player_ids = make_players(organiser, 2)
    match = make_match(organiser, player_ids)
    set_state(organiser, match["session_id"], "cancelled")
    refused = finalise(organiser, match)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:calcio:problem:conflict")
    assert "cancelled" in refused.json()["detail"]
    assert ratings(organiser, player_ids[0]) == []
    assert len(made(organiser.get(f"{API}/matches/{match['id']}"), 200)["line_ups"]) == 2


def test_a_session_whose_match_counts_is_not_cancelled(organiser: Client) -> None:
    """The other way round: what was played took place, and the refusal names the match and what helps."""
    match = make_match(organiser, make_players(organiser, 2))
    made(finalise(organiser, match), 200)
    path = f"{API}/sessions/{match['session_id']}"
    etag = organiser.get(path).headers["ETag"]
    refused = organiser.patch(path, json={"state": "cancelled"}, headers={"If-Match": etag})
    assert refused.status_code == 409
    assert f"match {match['id']} " in refused.json()["detail"]
    assert organiser.get(path).json()["state"] == "locked"
    set_state(organiser, match["session_id"], "played")


@pytest.mark.parametrize("whistle_first", [True, False])
def test_of_the_whistle_and_the_cancellation_one_is_heard(
    organiser: Client, owner: DatabaseUrl, *, whistle_first: bool
) -> None:
    """Whoever comes second waits for the first, and is refused by what it did."""
    match = make_match(organiser, make_players(organiser, 2))
    acts = [lambda: finalise(organiser, match), becomes(organiser, match["session_id"], "cancelled")]
    told = one_after_the_other(owner, match["session_id"], acts if whistle_first else acts[::-1])
    assert [answer.status_code for answer in told] == [200, 409]


@pytest.mark.parametrize("word_first", [True, False])
def test_a_word_at_the_moment_of_the_lock_counts_or_is_refused(
    organiser: Client, owner: DatabaseUrl, *, word_first: bool
) -> None:
    """Who answers before the session locks has answered; who is told no has not."""
    (player_id,) = make_players(organiser, 1)
    session_id = make_session(organiser)
    set_state(organiser, session_id, "open")
    answer(organiser, session_id, [player_id], "maybe")
    path = f"{API}/sessions/{session_id}/availability"
    acts = [
        lambda: organiser.put(f"{path}/{player_id}", json={"answer": "yes"}),
        becomes(organiser, session_id, "locked"),
    ]
    told = one_after_the_other(owner, session_id, acts if word_first else acts[::-1])
    assert [one.status_code for one in told] == [200, 200 if word_first else 409]
    [said] = made(organiser.get(path), 200)["items"]
    assert said["answer"] == ("yes" if word_first else "maybe")


def becomes(organiser: Client, session_id: int, state: str) -> Callable[[], Response]:
    """Set the session to this state, by somebody who reads it now."""
    path = f"{API}/sessions/{session_id}"
    etag = organiser.get(path).headers["ETag"]
    return lambda: organiser.patch(path, json={"state": state}, headers={"If-Match": etag})


def one_after_the_other(
    owner: DatabaseUrl, session_id: int, acts: Sequence[Callable[[], Response]]
) -> list[Response]:
    """All of them wait for the session, in this order, and are let go at once."""
    with session(owner, autocommit=False) as cursor, ThreadPoolExecutor(len(acts)) as people:
        cursor.execute("SELECT FROM session WHERE id = %s FOR UPDATE", [session_id])
        told = []
        for act in acts:
            told.append(people.submit(act))
            eventually(lambda: rows(owner, WAITING)[0][0] == len(told))
        cursor.connection.commit()
        return [one.result() for one in told]


def test_who_retires_after_a_yes_is_in_no_team(organiser: Client) -> None:
    """Teams are made of those who still play; a yes from before is no reason."""
    gone, *others = make_players(organiser, 3)
    session_id = make_session(organiser)
    set_state(organiser, session_id, "open")
    answer(organiser, session_id, [gone, *others])
    change(organiser, f"{API}/players/{gone}", {"retired": True})
    teams = made(organiser.post(f"{API}/sessions/{session_id}/teams", json={}))
    assert sorted(one["player_id"] for one in teams["home"] + teams["away"]) == others


def test_who_retires_stays_in_what_was_played(organiser: Client) -> None:
    """A match can be recorded and corrected after one of its players has stopped, and still counts for them."""
    player_ids = make_players(organiser, 2)
    match = make_match(organiser, player_ids)
    (gone,) = side(organiser, match, "home")
    change(organiser, f"{API}/players/{gone}", {"retired": True})
    match = made(finalise(organiser, put_goals(organiser, match, [{"scorer_id": gone}])), 200)
    match = put_goals(organiser, match, [])
    put_goals(organiser, match, [{"scorer_id": gone}] * 2)
    [rating] = ratings(organiser, gone)
    assert rating["mu"] > 25
    lines = made(organiser.get(f"{API}/statistics?season=2025"), 200)["items"]
    [line] = [line for line in lines if line["player_id"] == gone]
    assert (line["won"], line["goals"], line["points"]) == (1, 2, 3)


def test_a_season_without_a_match_is_an_empty_page(organiser: Client) -> None:
    """A season that could be is answered, one that could not is named: neither is 404."""
    assert made(organiser.get(f"{API}/statistics?season=2999"), 200) == {"items": []}
    for season in ("1998", "3000", "x", ""):
        refused = organiser.get(f"{API}/statistics?season={season}")
        assert refused.status_code == 422
        assert "$.season" in refused.json()["detail"]


def test_the_victim_of_two_deadlocks_is_told_to_try_again(organiser: Client, owner: DatabaseUrl) -> None:
    """One is repeated in silence; after the second the client hears that nothing was changed, and when to ask."""
    session_id = make_session(organiser)
    path, unchanged = f"{API}/sessions/{session_id}", {"If-Match": '"1"'}
    execute(owner, VICTIM, EVERY_TIME.format(session_id))
    refused = organiser.patch(path, json={"venue": "elsewhere"}, headers=unchanged)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert "try it again" in refused.json()["detail"]
    execute(owner, "DROP TRIGGER victim ON session")
    assert made(organiser.patch(path, json={"venue": "here"}, headers=unchanged), 200)["edition"] == 2
