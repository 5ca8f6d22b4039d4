"""A futsal evening by way of the API: people, a session, answers, teams, a match."""

from typing import Any

from httpx import Client, Response

API = "/api/v1"
Document = dict[str, Any]


def made(response: Response, status: int = 201) -> Document:
    """What was answered, which must have been this status."""
    assert response.status_code == status, response.text
    document: Document = response.json()
    return document


def make_players(organiser: Client, count: int, name: str = "player") -> list[int]:
    return [
        made(organiser.post(f"{API}/players", json={"name": f"{name} {number}"}))["id"]
        for number in range(count)
    ]


def make_session(organiser: Client, starts_at: str = "2025-10-01T18:00:00Z") -> int:
    new = {"starts_at": starts_at, "venue": "hall"}
    session_id: int = made(organiser.post(f"{API}/sessions", json=new))["id"]
    return session_id


def set_state(organiser: Client, session_id: int, *states: str) -> None:
    """Take the session through these states."""
    path = f"{API}/sessions/{session_id}"
    for state in states:
        change(organiser, path, {"state": state})


def change(organiser: Client, path: str, wanted: Document) -> Document:
    etag = organiser.get(path).headers["ETag"]
    return made(organiser.patch(path, json=wanted, headers={"If-Match": etag}), 200)


def answer(organiser: Client, session_id: int, player_ids: list[int], word: str = "yes") -> None:
    for player_id in player_ids:
        path = f"{API}/sessions/{session_id}/availability/{player_id}"
        made(organiser.put(path, json={"answer": word}), 200)


def make_match(organiser: Client, player_ids: list[int]) -> Document:
    """A match of a session of its own, between the teams of these players."""
    session_id = make_session(organiser)
    set_state(organiser, session_id, "open")
    answer(organiser, session_id, player_ids)
    made(organiser.post(f"{API}/sessions/{session_id}/teams", json={"seed": 1}))
    set_state(organiser, session_id, "locked")
    return made(organiser.post(f"{API}/sessions/{session_id}/matches", json={}))


def put_goals(organiser: Client, match: Document, goals: list[Document]) -> Document:
    path = f"{API}/matches/{match['id']}/goals"
    return made(organiser.put(path, json=goals, headers={"If-Match": f'"{match["edition"]}"'}), 200)


def finalise(organiser: Client, match: Document) -> Response:
    path = f"{API}/matches/{match['id']}/finalisation"
    return organiser.post(path, headers={"If-Match": f'"{match["edition"]}"'})


def side(organiser: Client, match: Document, which: str) -> list[int]:
    """The players of one side."""
    sheet = made(organiser.get(f"{API}/matches/{match['id']}"), 200)
    return [one["player_id"] for one in sheet["line_ups"] if one["side"] == which]


def ratings(organiser: Client, player_id: int) -> list[Document]:
    found: list[Document] = made(organiser.get(f"{API}/players/{player_id}/ratings"), 200)["items"]
    return found
