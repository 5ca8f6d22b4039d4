"""Drop the estimate that nobody reads any more: release 0.2 brought it, release 0.4 (head 0005) left it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
phase = "contract"
breaks: list[tuple[str | None, str]] = [("0002", "0005")]
required = False


def upgrade() -> None:
    op.drop_column("player", "skill")


def downgrade() -> None:
    # The column comes back as 0002 made it; the estimates themselves are gone.
    op.add_column("player", sa.Column("skill", sa.SmallInteger))
