"""Take longer than probes, heartbeats and leases do; a scan of a large table would."""

from alembic import op

revision = "9001"
down_revision = "HEAD"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    op.execute("SELECT pg_sleep(20)")


def downgrade() -> None:
    """Leave everything: nothing was changed."""
