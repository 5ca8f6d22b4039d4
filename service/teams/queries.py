"""The SQL of teams."""

from service.statement import Command, Query
from service.teams.models import Coming, Placed

# Who has not played yet weighs what a newcomer does, $2. Held, so that nobody retires between the look and the teams;
# by id, as a match locks its players.
COMING = Query(
    "teams.coming",
    """
SELECT player.id AS player_id, preferred_role, coalesce(rated.mu, $2) AS weight
FROM availability
JOIN player ON player.id = availability.player_id AND retired_at IS NULL
LEFT JOIN LATERAL (
    SELECT mu FROM rating WHERE rating.player_id = player.id ORDER BY rating.id DESC LIMIT 1
) AS rated ON true
WHERE session_id = $1 AND answer = 'yes'
ORDER BY player.id
LIMIT $3
FOR SHARE OF player
""",
    Coming,
)

DISBAND = Command("teams.disband", "DELETE FROM team WHERE session_id = $1")

MAKE = Command(
    "teams.make",
    """
WITH made AS (
    INSERT INTO team (session_id, side, seed) VALUES ($1, 'home', $2), ($1, 'away', $2) RETURNING id, side
)
INSERT INTO team_member (team_id, player_id, weight)
SELECT made.id, placed.player_id, placed.weight
FROM unnest($3::text[], $4::bigint[], $5::float8[]) AS placed (side, player_id, weight)
JOIN made USING (side)
""",
)

READ = Query(
    "teams.read",
    """
SELECT side, seed, team.created_at, player_id, name, weight
FROM team
JOIN team_member ON team_id = team.id
JOIN player ON player.id = player_id
WHERE session_id = $1
ORDER BY side, player_id
""",
    Placed,
)
