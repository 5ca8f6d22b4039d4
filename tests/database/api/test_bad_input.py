"""Whatever a client sends that it should not is a clear 4xx, and changes nothing."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from httpx import Client, Response

from db.contract.url import DatabaseUrl
from tests.database.api.evening import API, Document, made, make_match, make_players, make_session, set_state
from tests.database.api.tokens import token
from tests.database.migrating import rows

TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
)
CONTENT = "SELECT md5(coalesce(string_agg(one::text, '' ORDER BY one::text), '')) FROM {} AS one"
# Each operation that takes a body, with one that it would take.
WRITES: Mapping[str, tuple[str, str, Any]] = {
    "create_player": ("POST", "players", {"name": "Ana", "preferred_role": "pivot"}),
    "change_player": ("PATCH", "players/{player}", {"name": "Ana", "retired": False}),
    "create_session": (
        "POST",
        "sessions",
        {"starts_at": "2030-01-01T18:00:00Z", "venue": "x", "players_a_side": 5},
    ),
    "change_session": ("PATCH", "sessions/{session}", {"venue": "x", "players_a_side": 6, "state": "locked"}),
    "put_answer": ("PUT", "sessions/{session}/availability/{player}", {"answer": "yes"}),
    "make_teams": ("POST", "sessions/{session}/teams", {"seed": 1}),
    "create_match": ("POST", "sessions/{locked}/matches", {"home": [1], "away": [2]}),
    "put_goals": ("PUT", "matches/{match}/goals", [{"scorer_id": 1, "own_goal": False}]),
    "create_account": ("POST", "users", {"subject": "x", "player_id": 1}),
    "change_account": ("PATCH", "users/{account}", {"player_id": 1}),
}
FIELDS = [
    (name, field)
    for name, (_, _, body) in WRITES.items()
    for field in (body[0] if isinstance(body, list) else body)
]
HUGE = ["9223372036854775808", "-1", "1" + "0" * 400, "1e400", "1" + "0" * 5000, "1.5", "NaN", "Infinity"]
DATES = ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "3000-01-01T00:00:00Z",
         "292278994-08-17T07:12:55Z", "2025-02-30T18:00:00Z", "2025-10-01T25:00:00Z", "2025-10-01", "now", "infinity",
         "-4713-01-01T00:00:00Z"]  # fmt: skip
PAGES = ["limit=0", "limit=-1", "limit=101", "limit=1e99", "limit=NaN", f"limit={10**400}", "limit=", "after=%00",
         "after=%ED%A0%80", "after=" + "A" * 2000, "after=WzFlNDAwXQ", "limit=1&limit=1", "offset=1"]  # fmt: skip
# A text that could be a place, but is none.
LEADS_NOWHERE = ["after=%00", "after=WzFlNDAwXQ"]

CLAIMS: list[dict[str, Any]] = [
    {"exp": 1}, {"nbf": time.time() + 3600}, {"iss": "another"}, {"aud": "another"}, {"sub": None}, {"exp": None},
    {"key": "another" * 8}, {"algorithm": "none", "key": None}, {"algorithm": "HS512"}, {"role": 3}, {"sub": "\x00"},
]  # fmt: skip
BODIES = [b"", b"{", b"null", b"1", b'"x"', b"[" * 60_000, b'{"a":' * 12_000, b"\xff\xfe", b"{}{}", b"\x00" * 10,
          b'{"name": ' + b"[" * 25_000 + b"]" * 25_000 + b"}", b'{"name": "\xff"}']  # fmt: skip


@pytest.fixture(scope="module")
def things(organiser: Client, admin: Client) -> Document:
    """One of each, by its noun."""
    players = make_players(organiser, 4)
    opened, locked = make_session(organiser), make_session(organiser)
    set_state(organiser, opened, "open")
    set_state(organiser, locked, "open", "locked")
    account = made(admin.post(f"{API}/users", json={"subject": "known"}))
    match = make_match(organiser, players)
    return {
        "player": players[0], "session": opened, "locked": locked, "match": match["id"], "account": account["id"]
    }  # fmt: skip


@pytest.fixture
def unchanged(api_url: DatabaseUrl, owner_url: DatabaseUrl, things: Document) -> Iterator[None]:  # noqa: ARG001
    """Every row of the database is afterwards what it was before."""
    owner = owner_url.replace(database=api_url.database)

    every = " UNION ALL ".join(CONTENT.format(f'"{table}"') for (table,) in rows(owner, TABLES))
    before = rows(owner, every)
    yield
    assert rows(owner, every) == before


def send(client: Client, things: Document, name: str, text: str | bytes, **headers: str) -> Response:
    method, path, _ = WRITES[name]
    path = f"{API}/{path.format(**things)}"
    read = path.removesuffix("/goals")
    etag = client.get(read).headers.get("ETag", '"1"') if method == "PATCH" or name == "put_goals" else '"1"'
    content = text if isinstance(text, bytes) else text.encode()
    return client.request(
        method,
        path,
        content=content,
        headers={"Content-Type": "application/json", "If-Match": etag, **headers},
    )


def with_field(name: str, field: str, value: str) -> str:
    """The body that would do, with `value` as it is in place of a field's."""
    _, _, body = WRITES[name]
    wanted = body[0] if isinstance(body, list) else body
    members = [
        f"{json.dumps(key)}: {value if key == field else json.dumps(kept)}" for key, kept in wanted.items()
    ]
    if field not in wanted:
        members.append(f"{json.dumps(field)}: {value}")
    text = "{" + ", ".join(members) + "}"
    return f"[{text}]" if isinstance(body, list) else text


def assert_clear(response: Response, field: str, *statuses: int) -> None:
    """A problem of one of these statuses, that names the field."""
    assert response.status_code in statuses, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert field in problem["detail"], problem
    assert "Traceback" not in response.text


def assert_unreadable(response: Response, field: str) -> None:
    """No JSON, and why; or a value that the field does not take."""
    assert_clear(response, "read as JSON: " if response.status_code == 400 else field, 400, 422)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", WRITES)
def test_an_unknown_field_is_named(admin: Client, things: Document, name: str) -> None:
    """What nobody reads is not taken in silence."""
    assert_clear(send(admin, things, name, with_field(name, "surprise", "1")), "surprise", 422)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_value_of_the_wrong_type_is_named(admin: Client, things: Document, name: str, field: str) -> None:
    """A list, an object, a fraction or a NUL where something else belongs: the field, and what was expected."""
    other = '"true"' if field in {"retired", "own_goal"} else "true"
    for value in ('{"a": [[]]}', '[{"b": "c"}]', "3.25", '"\\u0000"', other):
        response = send(admin, things, name, with_field(name, field, value))
        assert_clear(response, field, 422)
        assert re.match("Expected|Invalid", response.json()["detail"])


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_number_that_is_none_of_ours_is_refused(
    admin: Client, things: Document, name: str, field: str
) -> None:
    """Too large for a column, for a float or for JSON itself: 422 with the field, or 400 with the place."""
    for value in HUGE:
        assert_unreadable(send(admin, things, name, with_field(name, field, value)), field)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_half_a_character_is_refused(admin: Client, things: Document, name: str, field: str) -> None:
    """A lone surrogate is no text: neither as an escape nor as bytes."""
    for half in (b'"\\ud800"', b'"\\udfff x"', b'"\xed\xa0\x80"'):
        text = with_field(name, field, '"HALF"').encode().replace(b'"HALF"', half)
        assert_unreadable(send(admin, things, name, text), field)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field_given_twice_is_named(admin: Client, things: Document, name: str, field: str) -> None:
    """Two readers of one body would not agree which of the two was meant."""
    body = WRITES[name][2]
    value = json.dumps((body[0] if isinstance(body, list) else body)[field])
    once = with_field(name, field, value)
    twice = once.replace("{", "{" + f"{json.dumps(field)}: {value}, ", 1)
    assert_clear(send(admin, things, name, twice), field, 422)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", WRITES)
def test_what_is_no_body_is_refused(admin: Client, things: Document, name: str) -> None:
    """Not JSON, not an object, or nested without end: 400 or 422, and the process lives."""
    for content in BODIES:
        response = send(admin, things, name, content)
        assert response.status_code in {400, 422}, response.text
        assert response.json()["detail"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("date", DATES)
def test_an_absurd_date_is_named(admin: Client, things: Document, date: str) -> None:
    """A day that does not exist, or in a year that nobody plans for."""
    response = send(
        admin, things, "create_session", with_field("create_session", "starts_at", json.dumps(date))
    )
    assert_clear(response, "starts_at", 422)
    assert_clear(admin.get(f"{API}/sessions", params={"since": date}), "since", 422)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", ["players", "sessions", "matches", "users"])
def test_an_absurd_page_is_named(admin: Client, path: str) -> None:
    """A size that no page has, or a place that no page begins at."""
    for query in PAGES:
        response = admin.get(f"{API}/{path}?{query}")
        field = "query" if query.count("limit") > 1 else query.partition("=")[0]
        assert_clear(response, field, 404 if query in LEADS_NOWHERE else 422)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", WRITES)
def test_a_token_that_is_not_for_us_opens_nothing(anonymous: Client, things: Document, name: str) -> None:
    """Expired, not yet valid, from or for somebody else, or signed another way: 401, whatever is written."""
    for claims in CLAIMS:
        bearer = f"Bearer {token(**{'role': 'admin', **claims})}"
        response = send(anonymous, things, name, json.dumps(WRITES[name][2]), Authorization=bearer)
        assert_clear(response, "token", 401)
        assert response.headers["WWW-Authenticate"] == "Bearer"
