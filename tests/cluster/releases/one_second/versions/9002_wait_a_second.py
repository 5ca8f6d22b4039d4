"""Take a second, as the smallest of migrations does on a table of some size."""

from alembic import op

revision = "9002"
down_revision = "HEAD"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    op.execute("SELECT pg_sleep(1)")


def downgrade() -> None:
    """Leave everything: nothing was changed."""
