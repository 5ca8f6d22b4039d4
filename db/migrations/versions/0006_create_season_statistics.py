"""Create the season's statistics, a row a player: from release 0.5 on, finalising a match keeps them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True

COUNTS = ("won", "drawn", "lost", "points", "goals", "assists")


def upgrade() -> None:
    op.create_table(
        "season_statistics",
        sa.Column("season", sa.SmallInteger, nullable=False),
        sa.Column("player_id", sa.BigInteger, nullable=False),
        *(sa.Column(count, sa.Integer, nullable=False) for count in COUNTS),
        sa.PrimaryKeyConstraint("season", "player_id", name=op.f("pk_season_statistics")),
        sa.ForeignKeyConstraint(
            ["player_id"], ["player.id"], name=op.f("fk_season_statistics_player_id_player")
        ),
        sa.CheckConstraint(
            "points = 3 * won + drawn", name=op.f("ck_season_statistics_points_follow_results")
        ),
    )
    op.create_index(op.f("ix_season_statistics_player_id"), "season_statistics", ["player_id"])
    op.create_index(
        op.f("ix_season_statistics_season_points_goals_player_id"),
        "season_statistics",
        ["season", "points", "goals", "player_id"],
    )


def downgrade() -> None:
    op.drop_table("season_statistics")
