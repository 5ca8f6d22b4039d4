"""Every refusal names the field, and the rule in words: what is taken, not only what is not."""

import re
from typing import Any

import pytest
from httpx import Client

from tests.database.api.evening import (
    API,
    Document,
    made,
    make_match,
    make_players,
    make_session,
    put_goals,
    set_state,
)
from tests.database.api.test_conventions import assert_problem

SESSION = {"starts_at": "2030-01-01T18:00:00Z", "venue": "hall"}


def told(answer: Any, status: int = 422, kind: str = "invalid") -> tuple[str, str]:
    """At which field, and by which rule."""
    [error] = assert_problem(answer, status, kind)["errors"]
    return error["path"], error["problem"]


@pytest.mark.parametrize(
    ("method", "path", "field", "words"),
    [
        ("POST", "players", "preferred_role", "any, goalkeeper, defender, winger, pivot"),
        ("PATCH", "players/1", "preferred_role", "any, goalkeeper, defender, winger, pivot"),
        ("PATCH", "sessions/1", "state", "planned, open, locked, played, cancelled"),
        ("PUT", "sessions/1/availability/1", "answer", "yes, no, maybe"),
    ],
)
def test_another_word_is_told_which_there_are(
    organiser: Client, method: str, path: str, field: str, words: str
) -> None:
    """Whoever writes a word that a field does not take reads those that it takes."""
    for word in ("other", "", "YES", "\N{SNOWMAN}", "x - at `$.name`", "`"):
        body = {"name": "Ana", field: word} if path == "players" else {field: word}
        answer = organiser.request(method, f"{API}/{path}", json=body, headers={"If-Match": '"1"'})
        assert told(answer) == (f"$.{field}", f"Expected one of {words}")


def test_a_field_whose_name_reads_like_a_place_is_none(organiser: Client) -> None:
    """What a client sends is quoted, and taken neither for the place nor for the rule."""
    for field in ("x - at `$.name`", "\n - at `$.name`", "`", " - at `"):
        at, rule = told(organiser.post(f"{API}/players", json={"name": "Ana", field: 1}))
        assert (at, rule) == ("$", f"Object contains unknown field `{field}`")


@pytest.mark.parametrize("text", [" Ana", "\tAna", "A\x00", "A\nB", "A\x7f", "\N{NO-BREAK SPACE}A", "\u2028"])
def test_text_that_is_not_plain_is_told_so_in_words(admin: Client, text: str) -> None:
    """No client author has to read a regular expression to learn what a name may hold."""
    rule = "Expected text without control characters or a blank in front"
    assert told(admin.post(f"{API}/players", json={"name": text})) == ("$.name", rule)
    assert told(admin.post(f"{API}/users", json={"subject": text})) == ("$.subject", rule)
    assert told(admin.post(f"{API}/sessions", json={**SESSION, "venue": text})) == ("$.venue", rule)
    assert told(admin.get(f"{API}/players?name=%00")) == ("$.name", "Expected text without NUL")


@pytest.mark.parametrize("text", ["%FF", "%ED%A0%80", "a%C3", "%C3%28", "%F8%88%80%80%80"])
def test_a_parameter_that_is_no_utf_8_is_named(organiser: Client, text: str) -> None:
    """Half a character is not searched for as if it were another one, in a value or in a name."""
    rule = "Expected percent-encoded UTF-8 in the query parameter"
    for path in ("players?name=", "players?limit=5&after=", "sessions?since=", "statistics?season="):
        name = re.split("[?&=]", path)[-2]
        assert told(organiser.get(f"{API}/{path}{text}")) == (f"$.{name}", rule)
    path, problem = told(organiser.get(f"{API}/players?{text}=1"))
    assert (path[:2], problem) == ("$.", rule)


def test_a_search_for_letters_of_any_script_finds_them(organiser: Client) -> None:
    """What is UTF-8 is taken, also where a client encodes it by itself, and the last character there is."""
    for name in ("Žofie", "Ωmega", "\N{GRINNING FACE}", "\N{REPLACEMENT CHARACTER}"):
        made(organiser.post(f"{API}/players", json={"name": name}))
        found = made(organiser.get(f"{API}/players", params={"name": name}), 200)["items"]
        assert [one["name"] for one in found] == [name]


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1&%6Cimit=1", "name=a&limit=1&limit=1"])
def test_a_parameter_given_twice_is_named(organiser: Client, query: str) -> None:
    """Two readers of one query would not agree which of the two was meant, however it was written."""
    answer = organiser.get(f"{API}/players?{query}")
    assert told(answer) == ("$.limit", "Expected the query parameter once")


@pytest.mark.parametrize("since", ["null", "true", "now", "2025-10-01", "NaN", "1e400", "", "-1"])
def test_what_is_no_time_is_no_beginning(organiser: Client, since: str) -> None:
    """A list that begins nowhere is refused, also by the word for nothing."""
    at, rule = told(organiser.get(f"{API}/sessions?since={since}"))
    assert at == "$.since"
    assert rule


@pytest.mark.parametrize("digits", [19, 20, 1000, 1001, 4300, 4301, 20_000])
@pytest.mark.parametrize(
    "path", ["players/{}", "sessions/{}/teams", "matches/{}/goals", "players/{}/ratings", "users/{}"]
)
def test_a_number_of_any_length_is_no_fault_of_the_service(admin: Client, path: str, digits: int) -> None:
    """404, however many digits the path has, and where the method is another one, no accident either."""
    address = f"{API}/{path.format('9' * digits)}"
    if "goals" not in path:
        assert_problem(admin.get(address), 404, "not-found")
    answer = admin.put(address, json=[], headers={"If-Match": '"1"'})
    assert answer.status_code in {404, 405}
    assert answer.json()["instance"] == address


def line_ups(organiser: Client) -> tuple[str, int, int]:
    session_id, (one, two) = make_session(organiser), make_players(organiser, 2)
    set_state(organiser, session_id, "open", "locked")
    return f"{API}/sessions/{session_id}/matches", one, two


def test_line_ups_that_no_match_has_are_refused_by_their_place(organiser: Client) -> None:
    """Who stands in them twice is named by the second place, and a missing line-up by its side."""
    path, one, two = line_ups(organiser)
    wrong: list[tuple[Document, str]] = [
        ({"home": [one, one], "away": [two]}, "$.home[1]"),
        ({"home": [one], "away": [two, one]}, "$.away[1]"),
        ({"home": [one], "away": [two, two]}, "$.away[1]"),
        ({"home": [one]}, "$.away"),
        ({"home": None, "away": [two]}, "$.home"),
    ]
    for body, place in wrong:
        at, rule = told(organiser.post(path, json=body))
        assert at == place
        assert rule.startswith("Expected")
    assert made(organiser.get(path), 200)["items"] == []


@pytest.mark.parametrize(
    ("states", "wanted", "rule"),
    [
        ([], "played", "Expected open or cancelled"),
        (["open"], "planned", "Expected locked or cancelled"),
        (["open", "locked"], "planned", "Expected open or played or cancelled"),
        (["open", "locked", "played"], "open", "Expected no other state"),
        (["cancelled"], "open", "Expected no other state"),
    ],
)
def test_a_way_that_does_not_exist_is_told_which_do(
    organiser: Client, states: list[str], wanted: str, rule: str
) -> None:
    """A session that cannot become what was asked is answered with what it can become."""
    session_id = make_session(organiser)
    set_state(organiser, session_id, *states)
    path = f"{API}/sessions/{session_id}"
    etag = organiser.get(path).headers["ETag"]
    answer = organiser.patch(path, json={"state": wanted}, headers={"If-Match": etag})
    assert told(answer, 409, "conflict") == ("$.state", rule)
    assert organiser.get(path).headers["ETag"] == etag


@pytest.mark.parametrize(
    "content", [b'{"home_score": 5}', b"[]", b"null", b"x", b'{"state": "final"}', b"{} {}"]
)
def test_a_final_whistle_takes_no_body(organiser: Client, content: bytes) -> None:
    """Whoever sends a score with it is told that nobody reads one, instead of that the match is final."""
    match = make_match(organiser, make_players(organiser, 2))
    path, unchanged = f"{API}/matches/{match['id']}/finalisation", {"If-Match": '"1"'}
    assert told(organiser.post(path, content=content, headers=unchanged)) == ("$", "Expected no body")
    assert_problem(organiser.post(path, content=b" " * 70_000, headers=unchanged), 413, "too-large")
    match = put_goals(organiser, match, [])
    final = organiser.post(path, content=b" {} ", headers={"If-Match": f'"{match["edition"]}"'})
    assert made(final, 200)["state"] == "final"
