"""A session whose date was wrong, and what its matches count for once it is right."""

from collections.abc import Callable

from httpx import Client, Response

from db.contract.url import DatabaseUrl
from tests.database.api.evening import (
    API,
    Document,
    finalise,
    made,
    make_match,
    make_players,
    put_goals,
    ratings,
    side,
)
from tests.database.api.recount import (
    assert_ratings_follow_from_matches,
    assert_statistics_follow_from_matches,
)
from tests.database.migrating import execute

EARLIER = "2024-10-01T18:00:00Z"  # the evening's own helpers plan for the season of 2025


def moves(organiser: Client, match: Document, starts_at: str = EARLIER) -> Callable[[], Response]:
    """Move the match's session to this time, by somebody who reads it now."""
    path = f"{API}/sessions/{match['session_id']}"
    etag = organiser.get(path).headers["ETag"]
    return lambda: organiser.patch(path, json={"starts_at": starts_at}, headers={"If-Match": etag})


def lines(client: Client, season: int, player_ids: list[int]) -> dict[int, list[int]]:
    """Who stands on a season's leaderboard, with points and goals."""
    items = made(client.get(f"{API}/statistics?season={season}&limit=100"), 200)["items"]
    return {
        line["player_id"]: [line["points"], line["goals"]]
        for line in items
        if line["player_id"] in player_ids
    }


def final(organiser: Client, player_ids: list[int]) -> Document:
    """A final match that its home side has won by a goal."""
    match = make_match(organiser, player_ids)
    scorer = side(organiser, match, "home")[0]
    return made(finalise(organiser, put_goals(organiser, match, [{"scorer_id": scorer}])), 200)


def test_a_final_match_follows_its_session_into_another_season(organiser: Client, owner: DatabaseUrl) -> None:
    """It counts there and no more where it was; who has read it as it was is told so, and no rating moves."""
    player_ids = make_players(organiser, 2)
    first, second = final(organiser, player_ids), final(organiser, player_ids)
    scorer = side(organiser, first, "home")[0]
    rated = [ratings(organiser, player_id) for player_id in player_ids]
    made(moves(organiser, first)(), 200)
    moved = made(organiser.get(f"{API}/matches/{first['id']}"), 200)
    assert (moved["season"], moved["edition"]) == (2024, first["edition"] + 1)
    assert lines(organiser, 2024, player_ids)[scorer] == [3, 1]
    assert sum(points for points, _ in lines(organiser, 2025, player_ids).values()) == 3
    made(moves(organiser, second)(), 200)
    assert lines(organiser, 2025, player_ids) == {}
    assert sum(points for points, _ in lines(organiser, 2024, player_ids).values()) == 6
    assert [ratings(organiser, player_id) for player_id in player_ids] == rated
    assert_statistics_follow_from_matches(owner)
    assert_ratings_follow_from_matches(owner)


def test_an_open_match_follows_too(organiser: Client) -> None:
    """What is not final yet counts, once it is, in the season in which its session then begins."""
    player_ids = make_players(organiser, 2)
    match = make_match(organiser, player_ids)
    made(moves(organiser, match)(), 200)
    match = made(organiser.get(f"{API}/matches/{match['id']}"), 200)
    assert made(finalise(organiser, match), 200)["season"] == 2024
    assert lines(organiser, 2025, player_ids) == {}
    assert sorted(lines(organiser, 2024, player_ids)) == player_ids


def test_a_date_within_the_season_changes_no_match(organiser: Client, owner: DatabaseUrl) -> None:
    """Also where a match then lies before another one: ratings follow the order of the final whistles."""
    player_ids = make_players(organiser, 4)
    _, second = final(organiser, player_ids), final(organiser, player_ids)
    rated = [ratings(organiser, player_id) for player_id in player_ids]
    made(moves(organiser, second, "2025-08-01T00:00:00Z")(), 200)
    assert made(organiser.get(f"{API}/matches/{second['id']}"), 200)["edition"] == second["edition"]
    assert [ratings(organiser, player_id) for player_id in player_ids] == rated
    assert_ratings_follow_from_matches(owner)


def test_a_season_that_was_wrong_is_put_right_with_the_same_date(
    organiser: Client, owner: DatabaseUrl
) -> None:
    """What an earlier release left in another season comes back when the date is said again."""
    player_ids = make_players(organiser, 2)
    match = final(organiser, player_ids)
    execute(
        owner,
        f"UPDATE match SET season = 2020 WHERE id = {match['id']}",
        f"UPDATE season_statistics SET season = 2020 WHERE player_id IN ({player_ids[0]}, {player_ids[1]})",
    )
    made(moves(organiser, match, "2025-10-01T18:00:00Z")(), 200)
    assert lines(organiser, 2020, player_ids) == {}
    assert sorted(lines(organiser, 2025, player_ids)) == player_ids
    assert_statistics_follow_from_matches(owner)
