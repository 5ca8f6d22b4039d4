"""A season in a few rows, as the code of release 0.4 left it: before there were statistics."""

PLAYERS = 6
# Two matches that count and one that does not yet; the second has an own goal.
SEASON = (
    f"INSERT INTO player (name) SELECT 'player ' || n FROM generate_series(1, {PLAYERS}) AS n",
    "INSERT INTO session (starts_at, venue, state) VALUES ('2025-10-01 18:00Z', 'hall', 'played')",
    """INSERT INTO match (session_id, season, state, home_score, away_score, finalised_at) VALUES
       (1, 2025, 'final', 2, 1, now()), (1, 2025, 'final', 0, 1, now()), (1, 2025, 'open', 5, 0, NULL)""",
    f"""INSERT INTO appearance (match_id, player_id, side)
        SELECT m, p, CASE WHEN p <= {PLAYERS // 2} THEN 'home' ELSE 'away' END
        FROM generate_series(1, 3) AS m, generate_series(1, {PLAYERS}) AS p""",
    """INSERT INTO goal (match_id, scorer_id, assistant_id, own_goal) VALUES
       (1, 1, 2, false), (1, 1, NULL, false), (1, 4, 5, false), (2, 1, NULL, true), (3, 1, 2, false)""",
)
STATISTICS = (
    "SELECT season, player_id, won, drawn, lost, points, goals, assists FROM season_statistics ORDER BY 1, 2"
)
# Season, player, won, drawn, lost, points, goals, assists.
EXPECTED = [
    (2025, 1, 1, 0, 1, 3, 2, 0),
    (2025, 2, 1, 0, 1, 3, 0, 1),
    (2025, 3, 1, 0, 1, 3, 0, 0),
    (2025, 4, 1, 0, 1, 3, 1, 0),
    (2025, 5, 1, 0, 1, 3, 0, 1),
    (2025, 6, 1, 0, 1, 3, 0, 0),
]
