"""What a client author meets at the edges: other paths, other methods, parameters and codings nobody knows."""

import gzip
import re
from typing import Any

import pytest
from httpx import Client, Response

from service.api import resources
from service.handlers import CONFLICTS
from tests.database.api.evening import API, made, make_players, make_session, set_state
from tests.database.api.test_conventions import assert_problem

PATHS = [re.sub(r"\{\w+:int\}", "1", resource.path) for resource in resources]
OPERATIONS = [
    (method, re.sub(r"\{\w+:int\}", "1", resource.path))
    for resource in resources
    for method in resource.operations
]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", [*PATHS, "/docs", "/openapi.json"])
def test_no_answer_sends_a_client_elsewhere(admin: Client, path: str) -> None:
    """A path with a slash too many is 404: no redirect to a host that the request names, and without TLS."""
    for method in ("GET", "POST"):
        answer = admin.request(method, f"{path}/", headers={"Host": "elsewhere.example"})
        assert "openapi.json" in assert_problem(answer, 404, "not-found")["detail"]
        assert "elsewhere" not in str(answer.headers)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_ends_where_it_ends(admin: Client, path: str) -> None:
    """A newline behind it is not overlooked: nothing is there."""
    for method in ("GET", "POST"):
        answer = admin.request(method, f"{path}%0A", json={})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:calcio:problem:not-found")


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_is_not_taken_is_told_which_are(admin: Client, path: str) -> None:
    """405 names the method that was found and those that were expected; OPTIONS and TRACE are no exception."""
    for method in ("OPTIONS", "TRACE", "DELETE"):
        answer = admin.request(method, path)
        problem = assert_problem(answer, 405, "no-such-method")
        assert problem["detail"] == f"found {method}, expected one of {answer.headers['Allow']}"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_parameter_that_nobody_reads_is_named(admin: Client, method: str, path: str) -> None:
    """A misspelt parameter is not taken in silence, whatever the operation."""
    answer = admin.request(method, f"{path}?colour=red", json={}, headers={"If-Match": '"1"'})
    assert "`colour`" in assert_problem(answer, 422, "invalid")["detail"]


def test_head_is_get_without_the_body(organiser: Client) -> None:
    """The same status, tag and length, and nothing behind them."""
    (player_id,) = make_players(organiser, 1)
    for path in (f"players/{player_id}", "players", "players/0", "players?limit=0"):
        head, whole = (organiser.request(method, f"{API}/{path}") for method in ("HEAD", "GET"))
        assert head.content == b""
        for name in ("ETag", "Content-Length", "Content-Type", "Link"):
            assert head.headers.get(name) == whole.headers.get(name)
        assert head.status_code == whole.status_code


@pytest.mark.parametrize("coding", ["gzip", "br", "x"])
def test_a_body_in_another_coding_is_refused_as_such(organiser: Client, coding: str) -> None:
    """415 and which coding is taken, instead of a word about JSON."""
    body = gzip.compress(b'{"name": "Ana"}') if coding == "gzip" else b'{"name": "Ana"}'
    answer = organiser.post(f"{API}/players", content=body, headers={**JSON, "Content-Encoding": coding})
    assert "Content-Encoding" in assert_problem(answer, 415, "not-json")["detail"]
    assert answer.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "application/json;q=0", "*/*", "x", ""])
def test_every_answer_is_json_whatever_is_accepted(organiser: Client, accept: str) -> None:
    """There is one representation of each thing, so no request is refused for the sake of another."""
    (player_id,) = make_players(organiser, 1)
    for path, status in ((f"players/{player_id}", 200), ("players?limit=0", 422)):
        answer = organiser.get(f"{API}/{path}", headers={"Accept": accept})
        assert answer.status_code == status
        assert answer.json()


def conflict(answer: Response, path: str) -> Any:
    problem = assert_problem(answer, 409, "conflict")
    assert [one["path"] for one in problem["errors"]] == [path]
    return problem["errors"][0]["problem"]


def test_a_conflict_names_the_field_and_the_rule(admin: Client) -> None:
    """Whoever does not exist, or exists already, is told at which field; each rule of the database has its words."""
    (player_id,) = make_players(admin, 1)
    made(admin.post(f"{API}/users", json={"subject": "first", "player_id": player_id}))
    second = made(admin.post(f"{API}/users", json={"subject": "second"}))
    session_id = make_session(admin)
    set_state(admin, session_id, "open", "locked")
    nobody = {"player_id": 2**62}
    path, unchanged = f"{API}/users/{second['id']}", {"If-Match": '"1"'}
    line_ups = {"home": [player_id], "away": [2**62]}
    told = {
        conflict(admin.post(f"{API}/users", json={"subject": "first"}), "$.subject"),
        conflict(admin.post(f"{API}/users", json={"subject": "x", "player_id": player_id}), "$.player_id"),
        conflict(admin.post(f"{API}/users", json={"subject": "x", **nobody}), "$.player_id"),
        conflict(admin.patch(path, headers=unchanged, json={"player_id": player_id}), "$.player_id"),
        conflict(admin.patch(path, headers=unchanged, json=nobody), "$.player_id"),
        conflict(admin.post(f"{API}/sessions/{session_id}/matches", json=line_ups), "$"),
    }
    assert told == {problem for _, problem in CONFLICTS.values()}


def test_what_a_client_sends_becomes_no_header(organiser: Client) -> None:
    """A line end in a path, a parameter or a name stays what it is: text, or refused."""
    evil = "%0d%0aX-Evil:%20yes"
    make_players(organiser, 2, "twice")
    for path in (f"players?limit=1&name=twice&x{evil}=1", f"players/{evil}", f"players?name={evil}&limit=1"):
        assert "X-Evil" not in organiser.get(f"{API}/{path}").headers
    # A parameter that is repeated in the next page's address is repeated as it came.
    page = organiser.get(f"{API}/players?%6Eame=t%77ice&limit=1")
    assert page.headers["Link"].startswith(f"<{API}/players?%6Eame=t%77ice&limit=1&after=")
    refused = organiser.post(f"{API}/players", json={"name": "a\r\nX-Evil: yes"})
    assert "$.name" in assert_problem(refused, 422, "invalid")["detail"]
    assert "X-Evil" not in refused.headers
