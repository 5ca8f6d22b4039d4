"""From who plays to who leads: the way an organiser goes through the API."""

from httpx import Client

from tests.database.api.evening import (
    API,
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


def test_an_evening_ends_on_the_leaderboard(organiser: Client, anonymous: Client) -> None:
    """Players, session, answers, teams, goals and the final whistle make ratings and statistics."""
    player_ids = make_players(organiser, 4)
    match = make_match(organiser, player_ids)
    home, away = side(organiser, match, "home"), side(organiser, match, "away")
    assert sorted(home + away) == player_ids
    goals = [
        {"scorer_id": home[0], "assistant_id": home[1]},
        {"scorer_id": away[0], "own_goal": True},
        {"scorer_id": away[1]},
    ]
    match = put_goals(organiser, match, goals)
    assert (match["home_score"], match["away_score"], match["state"]) == (2, 1, "open")
    match = made(finalise(organiser, match), 200)
    assert match["state"] == "final"
    assert match["season"] == 2025
    lines = {
        line["player_id"]: line for line in anonymous.get(f"{API}/statistics?season=2025").json()["items"]
    }
    figures = {
        id_: [lines[id_][key] for key in ("won", "lost", "points", "goals", "assists")] for id_ in player_ids
    }
    assert figures == {
        home[0]: [1, 0, 3, 1, 0],
        home[1]: [1, 0, 3, 0, 1],
        away[0]: [0, 1, 0, 0, 0],
        away[1]: [0, 1, 0, 1, 0],
    }
    (risen,), (fallen,) = ratings(organiser, home[0]), ratings(organiser, away[0])
    assert risen["mu"] > 25 > fallen["mu"]


def test_the_better_rated_are_kept_apart(organiser: Client) -> None:
    """Teams are balanced on the ratings that matches have moved, and say by how much they differ."""
    player_ids = make_players(organiser, 4)
    match = make_match(organiser, player_ids)
    winners = side(organiser, match, "home")
    made(finalise(organiser, put_goals(organiser, match, [{"scorer_id": winners[0]}])), 200)
    session_id = make_session(organiser)
    answer(organiser, session_id, player_ids)
    set_state(organiser, session_id, "open")
    teams = made(organiser.post(f"{API}/sessions/{session_id}/teams", json={}))
    assert len({one["player_id"] for one in teams["home"]} & set(winners)) == 1
    assert teams["difference"] == 0
    assert made(organiser.get(f"{API}/sessions/{session_id}/teams"), 200) == teams


def test_the_same_seed_makes_the_same_teams(organiser: Client) -> None:
    """Nobody needs to believe that the draw was fair: it can be drawn again."""
    session_id = make_session(organiser)
    answer(organiser, session_id, make_players(organiser, 9))
    set_state(organiser, session_id, "open")
    path = f"{API}/sessions/{session_id}/teams"
    drawn = made(organiser.post(path, json={}))
    made(organiser.post(path, json={"seed": drawn["seed"] + 1}))
    again = made(organiser.post(path, json={"seed": drawn["seed"]}))
    assert (again["home"], again["away"]) == (drawn["home"], drawn["away"])


def test_answers_are_taken_until_the_session_locks(organiser: Client) -> None:
    """A word after the lock is refused, and the ones before it stand."""
    session_id, (player_id,) = make_session(organiser), make_players(organiser, 1)
    set_state(organiser, session_id, "open")
    answer(organiser, session_id, [player_id], "maybe")
    answer(organiser, session_id, [player_id], "yes")
    set_state(organiser, session_id, "locked")
    path = f"{API}/sessions/{session_id}/availability"
    refused = organiser.put(f"{path}/{player_id}", json={"answer": "no"})
    assert refused.status_code == 409
    assert "locked" in refused.json()["detail"]
    assert [one["answer"] for one in organiser.get(path).json()["items"]] == ["yes"]


def test_a_session_goes_no_way_that_does_not_exist(organiser: Client) -> None:
    """What is cancelled stays so."""
    session_id = make_session(organiser)
    set_state(organiser, session_id, "cancelled")
    path = f"{API}/sessions/{session_id}"
    etag = organiser.get(path).headers["ETag"]
    refused = organiser.patch(path, json={"state": "open"}, headers={"If-Match": etag})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "the session is cancelled and cannot become open"


def test_a_retired_player_is_asked_no_more(organiser: Client) -> None:
    """The player leaves the list and the sessions to come, and stays in what was played."""
    (player_id,) = make_players(organiser, 1, "veteran")
    path = f"{API}/players/{player_id}"
    etag = organiser.get(path).headers["ETag"]
    retired = made(organiser.patch(path, json={"retired": True}, headers={"If-Match": etag}), 200)
    assert retired["retired_at"] is not None
    assert organiser.get(f"{API}/players?name=veteran").json()["items"] == []
    assert len(organiser.get(f"{API}/players?name=veteran&retired=true").json()["items"]) == 1
    session_id = make_session(organiser)
    refused = organiser.put(f"{API}/sessions/{session_id}/availability/{player_id}", json={"answer": "yes"})
    assert refused.status_code == 404
