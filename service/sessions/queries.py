"""The SQL of sessions."""

from service.sessions.models import Session
from service.statement import IS_ASKED_FOR, ById, Query

COLUMNS = "id, starts_at, venue, players_a_side, state, created_at, edition"

CREATE = Query(
    "sessions.create",
    f"INSERT INTO session (starts_at, venue, players_a_side) VALUES ($1, $2, $3) RETURNING {COLUMNS}",
    Session,
)

READ = ById("sessions.read", f"SELECT {COLUMNS} FROM session WHERE {IS_ASKED_FOR}", Session)

LIST = Query(
    "sessions.list",
    f"""
SELECT {COLUMNS} FROM session
WHERE (starts_at, id) > ($1::timestamptz, $2::bigint)
ORDER BY starts_at, id
LIMIT $3
""",
    Session,
)

LOCK = Query("sessions.lock", f"SELECT {COLUMNS} FROM session WHERE id = $1 FOR NO KEY UPDATE", Session)

# Against a session that is being changed, not against others who read it so.
HOLD = Query("sessions.hold", f"SELECT {COLUMNS} FROM session WHERE id = $1 FOR SHARE", Session)

# The session of a match, held as HOLD does.
HOLD_OF_MATCH = Query(
    "sessions.hold_of_match",
    f"SELECT {COLUMNS} FROM session WHERE id = (SELECT session_id FROM match WHERE id = $1) FOR SHARE",
    Session,
)

CHANGE = Query(
    "sessions.change",
    f"""
UPDATE session
SET starts_at = coalesce($2, starts_at),
    venue = coalesce($3, venue),
    players_a_side = coalesce($4, players_a_side),
    state = coalesce($5, state),
    edition = edition + 1
WHERE id = $1
RETURNING {COLUMNS}
""",
    Session,
)
