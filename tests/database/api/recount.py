"""Counts again, from the matches themselves, what finalising and correcting have kept."""

from typing import Any

from db.contract.url import DatabaseUrl
from service.ratings.skill import NEWCOMER, Skill, after
from tests.database.migrating import rows

PLAYED = "SELECT match_id, player_id, side, home_score, away_score FROM appearance JOIN match ON match.id = match_id"
RESULTS = """
SELECT season, player_id, side, home_score, away_score,
       (SELECT count(*) FROM goal WHERE goal.match_id = match.id AND scorer_id = player_id AND NOT own_goal),
       (SELECT count(*) FROM goal WHERE goal.match_id = match.id AND assistant_id = player_id)
FROM appearance JOIN match ON match.id = match_id WHERE state = 'final'
"""
ASTRAY = """
SELECT match.id, season, starts_at FROM match JOIN session ON session.id = session_id
WHERE season <> extract(year FROM (starts_at AT TIME ZONE 'UTC') - interval '7 months')
"""
KEPT = "SELECT season, player_id, won, drawn, lost, points, goals, assists FROM season_statistics"
RATED = "SELECT player_id, mu, sigma FROM rating ORDER BY id"


def assert_statistics_follow_from_matches(url: DatabaseUrl) -> None:
    """Count every season anew, match by match, and compare; each match is in the season of its session."""
    assert rows(url, ASTRAY) == []
    counted: dict[tuple[int, int], list[int]] = {}
    for season, player_id, side_, home, away, goals, assists in rows(url, RESULTS):
        margin = home - away if side_ == "home" else away - home
        line = counted.setdefault((season, player_id), [0] * 6)
        parts = (margin > 0, margin == 0, margin < 0, 3 * (margin > 0) + (margin == 0), goals, assists)
        line[:] = [sum_ + part for sum_, part in zip(line, parts, strict=True)]
    found = {(season, player_id): [*line] for season, player_id, *line in rows(url, KEPT)}
    assert found == counted


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
