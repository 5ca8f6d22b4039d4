"""The SQL of user accounts."""

from service.statement import IS_ASKED_FOR, ById, Query
from service.users.models import Account

COLUMNS = "id, subject, player_id, created_at, edition"

CREATE = Query(
    "users.create",
    f"INSERT INTO user_account (subject, player_id) VALUES ($1, $2) RETURNING {COLUMNS}",
    Account,
)

READ = ById("users.read", f"SELECT {COLUMNS} FROM user_account WHERE {IS_ASKED_FOR}", Account)

FIND = Query("users.find", f"SELECT {COLUMNS} FROM user_account WHERE subject = $1", Account)

LIST = Query(
    "users.list",
    f"SELECT {COLUMNS} FROM user_account WHERE id > $1::bigint ORDER BY id LIMIT $2",
    Account,
)

CHANGE = Query(
    "users.change",
    f"""
UPDATE user_account SET player_id = $3, edition = edition + 1
WHERE id = $1 AND edition = $2
RETURNING {COLUMNS}
""",
    Account,
)
