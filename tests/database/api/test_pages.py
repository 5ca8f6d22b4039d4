"""Pages hold everything once and in order, whatever their size and whatever is added between them."""

from typing import Any

import pytest
from httpx import Client, QueryParams
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.api.evening import API, made, make_session

NAMES = ["Ana", "ana", "Ánh", "Bo", "Élodie", "Zoë", "zoe", "Ümit", "%", "_", "a%", "李", "Ana"]


@pytest.fixture(scope="module")
def names(organiser: Client) -> list[str]:
    """The names of all players, as they were made."""
    for name in NAMES:
        made(organiser.post(f"{API}/players", json={"name": name}))
    return NAMES


def walk(client: Client, path: str) -> list[dict[str, Any]]:
    """All items, page by page."""
    items: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        page = client.get(following)
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        following = page.links.get("next", {}).get("url")
    return items


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 20), prefix=st.sampled_from(["", "a", "AN", "z", "%", "_", "Ü", "é", "x"]))
def test_pages_of_any_size_hold_every_match_once_and_in_order(
    anonymous: Client, names: list[str], limit: int, prefix: str
) -> None:
    """The pages together are the sorted list of those whose name begins so; %, _ and case mean nothing."""
    found = [player["name"].lower() for player in walk(anonymous, page_of(limit, prefix))]
    assert found == sorted(name.lower() for name in names if name.lower().startswith(prefix.lower()))


def page_of(limit: int, prefix: str) -> str:
    return f"{API}/players?{QueryParams({'limit': limit, 'name': prefix})}"


def test_what_is_added_behind_a_page_moves_nothing(organiser: Client) -> None:
    """A cursor is a place in the order, not a count: nothing is shown twice or left out."""
    for day in (2, 3, 4):
        make_session(organiser, f"2030-01-0{day}T18:00:00Z")
    since = f"{API}/sessions?since=2030-01-01T00:00:00Z&limit=2"
    first = organiser.get(since)
    make_session(organiser, "2030-01-01T18:00:00Z")
    rest = walk(organiser, first.links["next"]["url"])
    days = [session["starts_at"][8:10] for session in first.json()["items"] + rest]
    assert days == ["02", "03", "04"]


def test_the_last_page_has_no_next(anonymous: Client, names: list[str]) -> None:
    """A page that is exactly full is the last one where nothing follows."""
    full = anonymous.get(f"{API}/players?limit={len(names)}")
    assert len(full.json()["items"]) == len(names)
    assert "Link" not in full.headers


def test_a_page_is_followed_however_its_query_was_written(anonymous: Client, names: list[str]) -> None:
    """A limit in an encoding that nobody needs is replaced by the next page's, and not given twice."""
    assert len(walk(anonymous, f"{API}/players?%6Cimit=5")) == len(names)
