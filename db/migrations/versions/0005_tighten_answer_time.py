"""Tighten the time of an answer to NOT NULL, which 0001 forgot.

Its default has always filled it and no code ever wrote it, so no release breaks.
Ships with release 0.4, whose code balances teams on ratings alone and knows `player.skill` no more.
"""

from alembic import op

from db.operations import set_not_null

revision = "0005"
down_revision = "0004"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    set_not_null("availability", "answered_at")


def downgrade() -> None:
    op.alter_column("availability", "answered_at", nullable=True)
