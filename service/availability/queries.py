"""The SQL of availability."""

from service.availability.models import Answered
from service.statement import Query

LIST = Query(
    "availability.list",
    """
SELECT player_id, name, answer, answered_at
FROM availability JOIN player ON player.id = player_id
WHERE session_id = $1 AND player_id > $2::bigint
ORDER BY player_id
LIMIT $3
""",
    Answered,
)

# A player who is retired, or does not exist, is not asked: no row, and so no answer.
PUT = Query(
    "availability.put",
    """
WITH asked AS (SELECT id, name FROM player WHERE id = $2 AND retired_at IS NULL FOR KEY SHARE),
     said AS (
    INSERT INTO availability AS found (session_id, player_id, answer)
    SELECT $1, id, $3 FROM asked
    ON CONFLICT (session_id, player_id)
    DO UPDATE SET answer = excluded.answer, answered_at = now()
    RETURNING player_id, answer, answered_at
)
SELECT player_id, name, answer, answered_at FROM said JOIN asked ON asked.id = player_id
""",
    Answered,
)
