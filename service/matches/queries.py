"""The SQL of matches."""

from service.matches.models import Appearance, Goal, Match, Result
from service.statement import Command, Query

COLUMNS = "id, session_id, season, state, home_score, away_score, finalised_at, created_at, edition"

CREATE = Query(
    "matches.create",
    f"INSERT INTO match (session_id, season) VALUES ($1, $2) RETURNING {COLUMNS}",
    Match,
)

LINE_UP = Command(
    "matches.line_up",
    """
INSERT INTO appearance (match_id, player_id, side)
SELECT $1, player_id, side FROM unnest($2::bigint[], $3::text[]) AS played (player_id, side)
""",
)

READ = Query("matches.read", f"SELECT {COLUMNS} FROM match WHERE id = $1", Match)

LOCK = Query("matches.lock", f"SELECT {COLUMNS} FROM match WHERE id = $1 FOR NO KEY UPDATE", Match)

LIST = Query(
    "matches.list",
    f"SELECT {COLUMNS} FROM match WHERE id < $1::bigint ORDER BY id DESC LIMIT $2",
    Match,
)

LIST_OF_SESSION = Query(
    "matches.list_of_session",
    f"SELECT {COLUMNS} FROM match WHERE session_id = $1 AND id < $2::bigint ORDER BY id DESC LIMIT $3",
    Match,
)

FINAL_OF_SESSION = Query(
    "matches.final_of_session",
    f"SELECT {COLUMNS} FROM match WHERE session_id = $1 AND state = 'final' ORDER BY id LIMIT 1",
    Match,
)

APPEARANCES = Query(
    "matches.appearances",
    """
SELECT player_id, name, side FROM appearance JOIN player ON player.id = player_id
WHERE match_id = $1
ORDER BY player_id
""",
    Appearance,
)

LOCK_OF_OTHER_SEASONS = Query(
    "matches.lock_of_other_seasons",
    f"""
SELECT {COLUMNS} FROM match WHERE session_id = $1 AND season <> $2
ORDER BY id
FOR NO KEY UPDATE
""",
    Match,
)

MOVE = Command(
    "matches.move",
    "UPDATE match SET season = $2, edition = edition + 1 WHERE id = ANY ($1::bigint[])",
)

# Always by id: two matches that share players cannot wait for each other.
LOCK_PLAYERS = Query(
    "matches.lock_players",
    """
SELECT player_id, name, side FROM appearance JOIN player ON player.id = player_id
WHERE match_id = ANY ($1::bigint[])
ORDER BY player_id
FOR NO KEY UPDATE OF player
""",
    Appearance,
)

GOALS = Query(
    "matches.goals",
    "SELECT scorer_id, assistant_id, own_goal FROM goal WHERE match_id = $1 ORDER BY id",
    Goal,
)

CLEAR_GOALS = Command("matches.clear_goals", "DELETE FROM goal WHERE match_id = $1")

ADD_GOALS = Command(
    "matches.add_goals",
    """
INSERT INTO goal (match_id, scorer_id, assistant_id, own_goal)
SELECT $1, scorer_id, assistant_id, own_goal
FROM unnest($2::bigint[], $3::bigint[], $4::boolean[]) WITH ORDINALITY
     AS scored (scorer_id, assistant_id, own_goal, place)
ORDER BY place
""",
)

SCORE = Query(
    "matches.score",
    f"""
UPDATE match SET home_score = $2, away_score = $3, edition = edition + 1
WHERE id = $1
RETURNING {COLUMNS}
""",
    Match,
)

FINALISE = Query(
    "matches.finalise",
    f"""
UPDATE match SET state = 'final', finalised_at = now(), edition = edition + 1
WHERE id = $1
RETURNING {COLUMNS}
""",
    Match,
)

# Ratings are a chain. Matches may be added to it side by side; a recount needs it for itself.
ADD_TO_CHAIN = Command(
    "matches.add_to_chain", "SELECT pg_advisory_xact_lock_shared(hashtextextended('calcio ratings', 0))"
)
KEEP_CHAIN = Command(
    "matches.keep_chain", "SELECT pg_advisory_xact_lock(hashtextextended('calcio ratings', 0))"
)

# Whoever plays in two matches was locked by the first until its ratings stood, so their first ids give the order.
# Matches without a player in common may lie within each other: each is taken whole, or not at all.
RESULTS_SINCE = Query(
    "matches.results_since",
    """
WITH corrected AS (SELECT min(id) AS first_id FROM rating WHERE match_id = $1),
     later AS (
    SELECT match_id, min(id) AS first_id FROM rating
    WHERE match_id IN (SELECT match_id FROM rating WHERE id >= (SELECT first_id FROM corrected))
    GROUP BY match_id
    HAVING min(id) >= (SELECT first_id FROM corrected)
)
SELECT match_id, player_id, side, home_score, away_score, rating.id AS rating_id
FROM later
JOIN rating USING (match_id)
JOIN appearance USING (match_id, player_id)
JOIN match ON match.id = match_id
ORDER BY later.first_id, player_id
""",
    Result,
)
