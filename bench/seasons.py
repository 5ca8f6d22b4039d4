"""Fills a database with five seasons of a group that plays five evenings a week, as its owner."""

import asyncio

import asyncpg

from db.contract.url import DatabaseUrl
from service.statistics.queries import REFRESH

PLAYERS, SEASONS, MATCHES_A_SEASON = 40, range(2021, 2026), 240
FILL = f"""
INSERT INTO player (name) SELECT 'player ' || n FROM generate_series(1, {PLAYERS}) AS n;
INSERT INTO session (starts_at, venue, state)
SELECT make_date(season, 9, 1) + n % 300, 'hall', 'played'
FROM generate_series({SEASONS[0]}, {SEASONS[-1]}) AS season, generate_series(1, {MATCHES_A_SEASON}) AS n;
INSERT INTO match (session_id, season, state, finalised_at)
SELECT id, {SEASONS[0]} + (id - 1) / {MATCHES_A_SEASON}, 'final', starts_at FROM session;
-- Five against five, drawn by a hash so that each run draws the same.
INSERT INTO appearance (match_id, player_id, side)
SELECT match.id, drawn.id, CASE WHEN drawn.place <= 5 THEN 'home' ELSE 'away' END
FROM match CROSS JOIN LATERAL (
    SELECT id, row_number() OVER (ORDER BY hashint8extended(id, match.id)) AS place FROM player
) AS drawn
WHERE drawn.place <= 10;
-- Eight goals, six with an assistant of the same side.
INSERT INTO goal (match_id, scorer_id, assistant_id)
SELECT match.id, scorer.player_id, assistant.player_id
FROM match CROSS JOIN generate_series(1, 8) AS n
CROSS JOIN LATERAL (
    SELECT player_id, side FROM appearance WHERE match_id = match.id
    ORDER BY hashint8extended(player_id, match.id * 8 + n) LIMIT 1
) AS scorer
LEFT JOIN LATERAL (
    SELECT player_id FROM appearance
    WHERE match_id = match.id AND side = scorer.side AND player_id <> scorer.player_id AND n <= 6
    ORDER BY hashint8extended(player_id, match.id * 9 + n) LIMIT 1
) AS assistant ON true;
UPDATE match SET home_score = counted.home, away_score = 8 - counted.home
FROM (
    SELECT goal.match_id, count(*) FILTER (WHERE side = 'home') AS home
    FROM goal JOIN appearance ON appearance.match_id = goal.match_id AND player_id = scorer_id
    GROUP BY goal.match_id
) AS counted
WHERE counted.match_id = match.id;
"""


def fill(owner: DatabaseUrl) -> None:
    """Players, matches and goals; and the statistics as finalising keeps them."""
    asyncio.run(_fill(owner))


async def _fill(owner: DatabaseUrl) -> None:
    connection = await asyncpg.connect(**owner.for_asyncpg())
    try:
        await connection.execute(FILL)
        everybody = [row["id"] for row in await connection.fetch("SELECT id FROM player")]
        for season in SEASONS:
            await REFRESH.run(connection, season, everybody)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
