"""A match counts once, whoever says so at the same time, and counts anew when it is corrected."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from httpx import Client

from db.contract.url import DatabaseUrl
from service.ratings.skill import NEWCOMER, Skill, after
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
from tests.database.migrating import rows

AT_ONCE = 8
PLAYED = "SELECT match_id, player_id, side, home_score, away_score FROM appearance JOIN match ON match.id = match_id"
RATED = "SELECT player_id, mu, sigma FROM rating ORDER BY id"


def test_finalised_at_once_a_match_moves_ratings_once(organiser: Client) -> None:
    """Of many who blow the whistle one is heard; the others are told that the match has changed."""
    player_ids = make_players(organiser, 4)
    match = make_match(organiser, player_ids)
    with ThreadPoolExecutor(AT_ONCE) as people:
        answers = list(people.map(lambda _: finalise(organiser, match).status_code, range(AT_ONCE)))
    assert sorted(answers) == [200] + [412] * (AT_ONCE - 1)
    assert [len(ratings(organiser, player_id)) for player_id in player_ids] == [1] * 4


def test_a_final_match_is_not_finalised_again(organiser: Client) -> None:
    """Whoever has read that it is final is told how a match is corrected."""
    match = made(finalise(organiser, make_match(organiser, make_players(organiser, 2))), 200)
    again = finalise(organiser, match)
    assert again.status_code == 409
    assert "correct it by putting its goals" in again.json()["detail"]


def test_matches_that_share_players_are_finalised_at_once_without_loss(
    organiser: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Each rating stands on the one before it, and nobody waits for ever."""
    player_ids = make_players(organiser, 6)
    drawn = Random(1)  # noqa: S311 - a draw, no secret
    matches = [make_match(organiser, drawn.sample(player_ids, 4)) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as people:
        answers = list(people.map(lambda match: finalise(organiser, match).status_code, matches))
    assert answers == [200] * AT_ONCE
    assert_ratings_follow_from_matches(owner_url.replace(database=api_url.database))


def test_a_correction_moves_everything_that_came_after(
    organiser: Client, anonymous: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Ratings and statistics become what they had been, had the goals been right from the start."""
    player_ids = make_players(organiser, 4)
    first, *later = [made(finalise(organiser, make_match(organiser, player_ids)), 200) for _ in range(3)]
    scorer = side(organiser, first, "home")[0]
    corrected = put_goals(organiser, first, [{"scorer_id": scorer}, {"scorer_id": scorer}])
    assert (corrected["home_score"], corrected["state"]) == (2, "final")
    assert_ratings_follow_from_matches(owner_url.replace(database=api_url.database))
    lines = {line["player_id"]: line for line in leaderboard(anonymous)}
    assert [lines[scorer][key] for key in ("won", "drawn", "goals", "points")] == [
        1,
        len(later),
        2,
        3 + len(later),
    ]


def leaderboard(client: Client) -> list[Document]:
    lines: list[Document] = client.get(f"{API}/statistics?season=2025&limit=100").json()["items"]
    return lines


def assert_ratings_follow_from_matches(url: DatabaseUrl) -> None:
    """Rate all matches of the database one after the other, and compare."""
    order = [match_id for (match_id,) in rows(url, "SELECT match_id FROM rating GROUP BY 1 ORDER BY min(id)")]
    played: dict[int, list[Any]] = {match_id: [] for match_id in order}
    for match_id, *part in rows(url, f"{PLAYED} WHERE state = 'final' ORDER BY 1, 2"):
        played[match_id].append(part)
    skills: dict[int, Skill] = {}
    expected = []
    for match_id in order:
        moved = rated(played[match_id], skills)
        skills.update(moved)
        expected += [(player_id, skill.mu, skill.sigma) for player_id, skill in moved.items()]
    found = [tuple(row) for row in rows(url, RATED)]
    assert sorted(found) == sorted(expected)


def rated(parts: list[Any], skills: dict[int, Skill]) -> dict[int, Skill]:
    home = [player_id for player_id, side, *_ in parts if side == "home"]
    away = [player_id for player_id, side, *_ in parts if side == "away"]
    sides = [[skills.get(player_id, NEWCOMER) for player_id in side] for side in (home, away)]
    return dict(zip(home + away, after(sides[0], sides[1], (parts[0][2], parts[0][3])), strict=True))
