"""Backfill the season's statistics from the final matches: release 0.5 reads its leaderboard from them."""

from db.operations import execute_in_batches

revision = "0007"
down_revision = "0006"
phase = "data"
breaks: list[tuple[str | None, str]] = []
required = True

# Two statements, one transaction: the second one's snapshot must be younger than the rows' locks, or the
# match that was finalised while we waited for them would be counted out again.
STATEMENT = """
SELECT id FROM player WHERE id > :after AND id <= :upto ORDER BY id FOR NO KEY UPDATE;
INSERT INTO season_statistics AS kept (season, player_id, won, drawn, lost, points, goals, assists)
SELECT season, player_id,
       count(*) FILTER (WHERE margin > 0),
       count(*) FILTER (WHERE margin = 0),
       count(*) FILTER (WHERE margin < 0),
       3 * count(*) FILTER (WHERE margin > 0) + count(*) FILTER (WHERE margin = 0),
       sum(goals), sum(assists)
FROM (
    SELECT match.season, played.player_id,
           CASE played.side WHEN 'home' THEN 1 ELSE -1 END * (match.home_score - match.away_score) AS margin,
           (SELECT count(*) FROM goal
             WHERE goal.match_id = match.id AND scorer_id = played.player_id AND NOT own_goal) AS goals,
           (SELECT count(*) FROM goal
             WHERE goal.match_id = match.id AND assistant_id = played.player_id) AS assists
    FROM appearance AS played
    JOIN match ON match.id = played.match_id AND match.state = 'final'
    WHERE played.player_id > :after AND played.player_id <= :upto
) AS result
GROUP BY season, player_id
ON CONFLICT (season, player_id) DO UPDATE
SET won = excluded.won, drawn = excluded.drawn, lost = excluded.lost, points = excluded.points,
    goals = excluded.goals, assists = excluded.assists
"""


def upgrade() -> None:
    execute_in_batches("player", STATEMENT)


def downgrade() -> None:
    """Leave the rows: they are what code at 0006 would have written."""
