"""The SQL of statistics."""

from service.statement import Command, Query
from service.statistics.models import Line

LEADERBOARD = Query(
    "statistics.leaderboard",
    """
SELECT player_id, name, won, drawn, lost, points, goals, assists
FROM season_statistics JOIN player ON player.id = player_id
WHERE season = $1 AND (points, goals, player_id) < ($2::integer, $3::integer, $4::bigint)
ORDER BY points DESC, goals DESC, player_id DESC
LIMIT $5
""",
    Line,
)

# Before they are counted anew, where a season may be left without a match of theirs.
FORGET = Command(
    "statistics.forget", "DELETE FROM season_statistics WHERE season = $1 AND player_id = ANY ($2::bigint[])"
)

# Counted anew from the matches, never added up: once or twice makes no difference, and a correction is no case.
REFRESH = Command(
    "statistics.refresh",
    """
INSERT INTO season_statistics (season, player_id, won, drawn, lost, points, goals, assists)
SELECT $1, player_id,
       count(*) FILTER (WHERE margin > 0),
       count(*) FILTER (WHERE margin = 0),
       count(*) FILTER (WHERE margin < 0),
       3 * count(*) FILTER (WHERE margin > 0) + count(*) FILTER (WHERE margin = 0),
       sum(goals), sum(assists)
FROM (
    SELECT played.player_id,
           CASE played.side WHEN 'home' THEN 1 ELSE -1 END * (match.home_score - match.away_score) AS margin,
           (SELECT count(*) FROM goal
             WHERE goal.match_id = match.id AND scorer_id = played.player_id AND NOT own_goal) AS goals,
           (SELECT count(*) FROM goal
             WHERE goal.match_id = match.id AND assistant_id = played.player_id) AS assists
    FROM appearance AS played
    JOIN match ON match.id = played.match_id AND match.state = 'final' AND match.season = $1
    WHERE played.player_id = ANY ($2::bigint[])
) AS result
GROUP BY player_id
ON CONFLICT (season, player_id) DO UPDATE
SET won = excluded.won, drawn = excluded.drawn, lost = excluded.lost, points = excluded.points,
    goals = excluded.goals, assists = excluded.assists
""",
)
