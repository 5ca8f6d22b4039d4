"""Drop the session's venue: whatever does not know the place reads and writes it still."""

from alembic import op

revision = "9012"
down_revision = "9011"
phase = "contract"
breaks: list[tuple[str | None, str]] = [(None, "9010")]
required = False


def upgrade() -> None:
    op.execute("DROP TRIGGER keep_alike ON session")
    op.execute("DROP FUNCTION session_keep_alike()")
    op.execute("ALTER TABLE session DROP COLUMN venue")


def downgrade() -> None:
    op.execute("ALTER TABLE session ADD COLUMN venue text")
