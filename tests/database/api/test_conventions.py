"""What holds for every resource: problem details, validation, ETags, limits."""

import json
from typing import Any

import pytest
from httpx import Client

from tests.database.api.evening import (
    API,
    change,
    made,
    make_match,
    make_players,
    make_session,
    put_goals,
    side,
)

HUGE = 2**63


def assert_problem(response: Any, status: int, kind: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:calcio:problem:{kind}"
    assert problem["instance"] == response.request.url.path
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("players", {}, "$"),
        ("players", [], "$"),
        ("players", {"name": 3}, "$.name"),
        ("players", {"name": ""}, "$.name"),
        ("players", {"name": " Ana"}, "$.name"),
        ("players", {"name": "Ana\x00"}, "$.name"),
        ("players", {"name": "x" * 81}, "$.name"),
        ("players", {"name": "Ana", "preferred_role": "striker"}, "$.preferred_role"),
        ("players", {"name": "Ana", "admin": True}, "$"),
        ("sessions", {"starts_at": "tomorrow", "venue": "hall"}, "$.starts_at"),
        ("sessions", {"starts_at": "2025-10-01T18:00:00", "venue": "hall"}, "$.starts_at"),
        ("sessions", {"starts_at": "0001-01-01T00:00:00+14:00", "venue": "hall"}, "$.starts_at"),
        (
            "sessions",
            {"starts_at": "2025-10-01T18:00:00Z", "venue": "x", "players_a_side": 12},
            "$.players_a_side",
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_said_with_its_path(
    organiser: Client, path: str, body: Any, at: str
) -> None:
    """422, and which field it is."""
    problem = assert_problem(organiser.post(f"{API}/{path}", json=body), 422, "invalid")
    assert problem["errors"][0]["path"] == at


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("limit=0", "$.limit"),
        ("limit=101", "$.limit"),
        ("limit=x", "$.limit"),
        ("name=%00", "$.name"),
        ("colour=red", "$"),
        ("limit=1&limit=2", "$"),
    ],
)
def test_what_is_wrong_with_a_query_is_said_with_its_path(anonymous: Client, query: str, at: str) -> None:
    """422, and which parameter it is; one that does not exist is no harmless addition."""
    problem = assert_problem(anonymous.get(f"{API}/players?{query}"), 422, "invalid")
    assert problem["errors"][0]["path"].startswith(at)


@pytest.mark.parametrize("cursor", ["x", "W10=", "%C3%BC", "WyIiLCAtMV0=", "e30="])
def test_a_cursor_that_is_not_ours_leads_nowhere(anonymous: Client, cursor: str) -> None:
    """404, and where cursors are to be had."""
    problem = assert_problem(anonymous.get(f"{API}/players?after={cursor}"), 404, "not-found")
    assert "Link" in problem["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "kind"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"\xff", "application/json", 400, "malformed"),
        (b'{"name": "\\ud800"}', "application/json", 400, "malformed"),
        (b"", "application/json", 400, "malformed"),
        (b'{"name": "Ana"}', "text/plain", 415, "not-json"),
        (b'{"name": "' + b"x" * 70_000 + b'"}', "application/json", 413, "too-large"),
    ],
)
def test_what_is_no_json_of_ours_is_refused(
    organiser: Client, content: bytes, media_type: str, status: int, kind: str
) -> None:
    """Broken, of another type, or too large: each says what was expected."""
    answered = organiser.post(f"{API}/players", content=content, headers={"Content-Type": media_type})
    assert_problem(answered, status, kind)


@pytest.mark.parametrize(
    "path", ["players/{}", "sessions/{}", "matches/{}", "players/{}/ratings", "sessions/{}/teams"]
)
@pytest.mark.parametrize("key", [0, HUGE - 1, HUGE, HUGE**3])
def test_what_does_not_exist_is_not_found(anonymous: Client, path: str, key: int) -> None:
    """404, also for a number that no id can be."""
    assert_problem(anonymous.get(f"{API}/{path.format(key)}"), 404, "not-found")


def test_another_method_is_told_which_there_are(organiser: Client) -> None:
    """405 with Allow, as a problem like every other."""
    refused = organiser.delete(f"{API}/players")
    assert_problem(refused, 405, "no-such-method")
    assert {"GET", "HEAD", "POST"} == set(refused.headers["Allow"].split(", "))


def test_a_change_needs_the_etag_of_what_it_changes(organiser: Client) -> None:
    """428 without If-Match, 412 with an old one, and what another one wrote is still there."""
    (player_id,) = make_players(organiser, 1)
    path = f"{API}/players/{player_id}"
    etag = organiser.get(path).headers["ETag"]
    assert_problem(organiser.patch(path, json={"name": "x"}), 428, "unconditional")
    first = organiser.patch(path, json={"name": "first"}, headers={"If-Match": etag})
    assert first.headers["ETag"] not in ("", etag)
    assert_problem(organiser.patch(path, json={"name": "second"}, headers={"If-Match": etag}), 412, "stale")
    for header in ("*", "1", f"W/{etag}"):
        wrong = organiser.patch(path, json={"name": "x"}, headers={"If-Match": header})
        assert assert_problem(wrong, 422, "invalid")["errors"][0]["path"] == "If-Match"
    assert organiser.get(path).json()["name"] == "first"


@pytest.mark.parametrize("path", ["players/{player}", "players", "matches/{match}", "statistics?season=2025"])
def test_what_is_known_is_not_sent_again(organiser: Client, path: str) -> None:
    """304 without a body for the ETag that was given, also among others and as a weak one; else the whole."""
    players = make_players(organiser, 2)
    match = make_match(organiser, players)
    path = f"{API}/{path.format(player=players[0], match=match['id'])}"
    first = organiser.get(path)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    for known in (etag, f'"x", {etag}', f"W/{etag.removeprefix('W/')}", "*"):
        again = organiser.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert again.headers["x-content-type-options"] == "nosniff"
    assert organiser.get(path, headers={"If-None-Match": '"x"'}).json() == first.json()


def test_a_sheet_is_sent_again_when_somebody_on_it_has_another_name(organiser: Client) -> None:
    """What is shown of others changes the ETag for reading, and not the edition for changing."""
    players = make_players(organiser, 2)
    path = f"{API}/matches/{make_match(organiser, players)['id']}"
    etag = organiser.get(path).headers["ETag"]
    change(organiser, f"{API}/players/{players[0]}", {"name": "renamed"})
    again = organiser.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert "renamed" in again.text
    made(organiser.put(f"{path}/goals", json=[], headers={"If-Match": etag}), 200)


def test_a_created_thing_is_where_its_location_says(organiser: Client) -> None:
    """201 with a Location that answers with the same thing and the same ETag."""
    for path, new in (
        ("players", {"name": "Zoë"}),
        ("sessions", {"starts_at": "2025-10-01T18:00:00+02:00", "venue": "hall"}),
    ):
        created = organiser.post(f"{API}/{path}", json=new)
        there = organiser.get(created.headers["Location"])
        assert (there.json(), there.headers["ETag"]) == (made(created), created.headers["ETag"])


def test_a_match_is_where_its_location_says(organiser: Client) -> None:
    """A match is made under its session and lives under its own id."""
    session_id = make_session(organiser)
    for state in ("open", "locked"):
        etag = organiser.get(f"{API}/sessions/{session_id}").headers["ETag"]
        organiser.patch(f"{API}/sessions/{session_id}", json={"state": state}, headers={"If-Match": etag})
    home, away = make_players(organiser, 2)
    created = organiser.post(f"{API}/sessions/{session_id}/matches", json={"home": [home], "away": [away]})
    assert organiser.get(created.headers["Location"]).json()["id"] == made(created)["id"]


def test_times_are_in_utc(organiser: Client) -> None:
    """Whatever offset a time came with, it goes out with Z."""
    new = {"starts_at": "2025-10-01T18:00:00+02:00", "venue": "hall"}
    assert made(organiser.post(f"{API}/sessions", json=new))["starts_at"] == "2025-10-01T16:00:00Z"


def test_goals_that_can_not_have_been_are_refused_by_their_place(organiser: Client) -> None:
    """A stranger, one's own assistant, or help from the other side: the path says which goal."""
    match = make_match(organiser, make_players(organiser, 4))
    (one, two), (three, _) = side(organiser, match, "home"), side(organiser, match, "away")
    fine = {"scorer_id": one, "assistant_id": two}
    wrong = [
        ({"scorer_id": HUGE - 1}, "scorer_id"),
        ({"scorer_id": one, "assistant_id": one}, "assistant_id"),
        ({"scorer_id": one, "assistant_id": three}, "assistant_id"),
        ({"scorer_id": one, "assistant_id": two, "own_goal": True}, "assistant_id"),
    ]
    path, headers = f"{API}/matches/{match['id']}/goals", {"If-Match": f'"{match["edition"]}"'}
    for goal, field in wrong:
        problem = assert_problem(organiser.put(path, json=[fine, goal], headers=headers), 422, "invalid")
        assert problem["errors"][0]["path"] == f"$[1].{field}"
    assert put_goals(organiser, match, [fine])["home_score"] == 1


def test_a_conflict_shows_nothing_of_the_database(admin: Client) -> None:
    """A duplicate is 409; neither constraint nor value is in the answer."""
    new = {"subject": "hunter2"}
    made(admin.post(f"{API}/users", json=new))
    problem = assert_problem(admin.post(f"{API}/users", json=new), 409, "conflict")
    assert "hunter2" not in json.dumps(problem)
    assert "uq_" not in json.dumps(problem)


def test_an_unknown_path_is_a_problem_too(anonymous: Client) -> None:
    """Also what no resource answers for is answered in the API's own form."""
    assert_problem(anonymous.get(f"{API}/nothing"), 404, "not-found")
