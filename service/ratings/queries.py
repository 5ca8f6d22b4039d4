"""The SQL of ratings."""

from service.ratings.models import Rated, Rating
from service.statement import Command, Query

HISTORY = Query(
    "ratings.history",
    """
SELECT id, match_id, mu, sigma, recorded_at FROM rating
WHERE player_id = $1 AND id < $2::bigint
ORDER BY id DESC
LIMIT $3
""",
    Rating,
)

# The skill that each player had before the rating of that id.
BEFORE = Query(
    "ratings.before",
    """
SELECT asked.player_id, last.mu, last.sigma
FROM unnest($1::bigint[], $2::bigint[]) AS asked (player_id, rating_id)
CROSS JOIN LATERAL (
    SELECT mu, sigma FROM rating
    WHERE rating.player_id = asked.player_id AND rating.id < asked.rating_id
    ORDER BY rating.id DESC
    LIMIT 1
) AS last
""",
    Rated,
)

ADD = Command(
    "ratings.add",
    """
INSERT INTO rating (match_id, player_id, mu, sigma)
SELECT $1, player_id, mu, sigma
FROM unnest($2::bigint[], $3::float8[], $4::float8[]) AS rated (player_id, mu, sigma)
""",
)

REPLACE = Command(
    "ratings.replace",
    """
UPDATE rating SET mu = rated.mu, sigma = rated.sigma
FROM unnest($1::bigint[], $2::bigint[], $3::float8[], $4::float8[]) AS rated (match_id, player_id, mu, sigma)
WHERE rating.match_id = rated.match_id AND rating.player_id = rated.player_id
""",
)
