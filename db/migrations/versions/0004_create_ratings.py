"""Create the history of ratings, two figures a player and match: release 0.3 writes it, beside `skill`."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    op.create_table(
        "rating",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("match_id", sa.BigInteger, nullable=False),
        sa.Column("player_id", sa.BigInteger, nullable=False),
        sa.Column("mu", sa.Double, nullable=False),
        sa.Column("sigma", sa.Double, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("match_id", "player_id", name=op.f("uq_rating_match_id_player_id")),
        # One reference to one existing table: an appearance already names its match and its player.
        sa.ForeignKeyConstraint(
            ["match_id", "player_id"],
            ["appearance.match_id", "appearance.player_id"],
            name=op.f("fk_rating_match_id_player_id_appearance"),
        ),
        sa.CheckConstraint("sigma > 0", name=op.f("ck_rating_sigma_positive")),
    )
    op.create_index(op.f("ix_rating_player_id_id"), "rating", ["player_id", "id"])


def downgrade() -> None:
    op.drop_table("rating")
