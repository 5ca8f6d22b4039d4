"""Add the organiser's own estimate of a player, one to ten, by which release 0.2 balances teams."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    # No CHECK: in the same statement it would scan the table under its strongest lock.
    op.add_column("player", sa.Column("skill", sa.SmallInteger))


def downgrade() -> None:
    op.drop_column("player", "skill")
