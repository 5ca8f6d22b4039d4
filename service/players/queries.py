"""The SQL of players."""

from service.players.models import Player
from service.statement import IS_ASKED_FOR, ById, Query

COLUMNS = "id, name, preferred_role, retired_at, created_at, edition"

CREATE = Query(
    "players.create",
    f"INSERT INTO player (name, preferred_role) VALUES ($1, $2) RETURNING {COLUMNS}",
    Player,
)

READ = ById("players.read", f"SELECT {COLUMNS} FROM player WHERE {IS_ASKED_FOR}", Player)

# Bounds instead of LIKE: they need no escaping, and a generic plan uses the index for them.
# chr(1114111) is the last character there is.
LIST = Query(
    "players.list",
    f"""
SELECT {COLUMNS} FROM player
WHERE (lower(name) COLLATE "C", id) > (lower($1) COLLATE "C", $2::bigint)
  AND lower(name) COLLATE "C" >= lower($3) COLLATE "C"
  AND lower(name) COLLATE "C" < lower($3) || chr(1114111) COLLATE "C"
  AND (retired_at IS NOT NULL) = $4
ORDER BY lower(name) COLLATE "C", id
LIMIT $5
""",
    Player,
)

CHANGE = Query(
    "players.change",
    f"""
UPDATE player
SET name = coalesce($3, name),
    preferred_role = coalesce($4, preferred_role),
    retired_at = CASE WHEN coalesce($5, retired_at IS NOT NULL) THEN coalesce(retired_at, now()) END,
    edition = edition + 1
WHERE id = $1 AND edition = $2
RETURNING {COLUMNS}
""",
    Player,
)
