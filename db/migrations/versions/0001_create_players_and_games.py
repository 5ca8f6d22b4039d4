"""Create players, the sessions they are asked to, and the teams, matches and goals that come of them.

Every table is new, so nothing that runs is locked. Release 0.1.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    _create_people()
    _create_sessions()
    _create_teams()
    _create_matches()
    _create_goals()


def downgrade() -> None:
    op.drop_table("goal")
    op.drop_table("appearance")
    op.drop_table("match")
    op.drop_table("team_member")
    op.drop_table("team")
    op.drop_table("availability")
    op.drop_table("session")
    op.drop_table("user_account")
    op.drop_table("player")


def _id(table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _created_at() -> sa.Column[datetime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _edition() -> sa.Column[int]:
    return sa.Column("edition", sa.Integer, nullable=False, server_default=sa.text("1"))


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{name}"))


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete
    )


def _create_people() -> None:
    op.create_table(
        "player",
        *_id("player"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("preferred_role", sa.Text, nullable=False, server_default="any"),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        _created_at(),
        _edition(),
        _check("player_name_length", "length(name) BETWEEN 1 AND 80"),
        _check(
            "player_preferred_role_known",
            "preferred_role IN ('any', 'goalkeeper', 'defender', 'winger', 'pivot')",
        ),
    )
    op.create_table(
        "user_account",
        *_id("user_account"),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("player_id", sa.BigInteger),
        _created_at(),
        _edition(),
        sa.UniqueConstraint("subject", name=op.f("uq_user_account_subject")),
        sa.UniqueConstraint("player_id", name=op.f("uq_user_account_player_id")),
        _refers("user_account", "player_id", "player"),
        _check("user_account_subject_length", "length(subject) BETWEEN 1 AND 255"),
    )


def _create_sessions() -> None:
    op.create_table(
        "session",
        *_id("session"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("players_a_side", sa.SmallInteger, nullable=False, server_default=sa.text("5")),
        sa.Column("state", sa.Text, nullable=False, server_default="planned"),
        _created_at(),
        _edition(),
        _check("session_venue_length", "length(venue) BETWEEN 1 AND 120"),
        _check("session_players_a_side_range", "players_a_side BETWEEN 1 AND 11"),
        _check("session_state_known", "state IN ('planned', 'open', 'locked', 'played', 'cancelled')"),
    )
    op.create_index(op.f("ix_session_starts_at_id"), "session", ["starts_at", "id"])
    op.create_table(
        "availability",
        sa.Column("session_id", sa.BigInteger, nullable=False),
        sa.Column("player_id", sa.BigInteger, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("session_id", "player_id", name=op.f("pk_availability")),
        _refers("availability", "session_id", "session"),
        _refers("availability", "player_id", "player"),
        _check("availability_answer_known", "answer IN ('yes', 'no', 'maybe')"),
    )
    op.create_index(op.f("ix_availability_player_id"), "availability", ["player_id"])


def _create_teams() -> None:
    op.create_table(
        "team",
        *_id("team"),
        sa.Column("session_id", sa.BigInteger, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        _created_at(),
        sa.UniqueConstraint("session_id", "side", name=op.f("uq_team_session_id_side")),
        _refers("team", "session_id", "session"),
        _check("team_side_known", "side IN ('home', 'away')"),
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.BigInteger, nullable=False),
        sa.Column("player_id", sa.BigInteger, nullable=False),
        sa.Column("weight", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "player_id", name=op.f("pk_team_member")),
        _refers("team_member", "team_id", "team", ondelete="CASCADE"),
        _refers("team_member", "player_id", "player"),
    )
    op.create_index(op.f("ix_team_member_player_id"), "team_member", ["player_id"])


def _create_matches() -> None:
    op.create_table(
        "match",
        *_id("match"),
        sa.Column("session_id", sa.BigInteger, nullable=False),
        sa.Column("season", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("home_score", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("away_score", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("finalised_at", sa.DateTime(timezone=True)),
        _created_at(),
        _edition(),
        _refers("match", "session_id", "session"),
        _check("match_season_range", "season BETWEEN 1999 AND 2999"),
        _check("match_score_counts", "home_score >= 0 AND away_score >= 0"),
        _check("match_final_is_dated", "(state = 'final') = (finalised_at IS NOT NULL)"),
        _check("match_state_known", "state IN ('open', 'final')"),
    )
    op.create_index(op.f("ix_match_session_id"), "match", ["session_id"])
    op.create_table(
        "appearance",
        sa.Column("match_id", sa.BigInteger, nullable=False),
        sa.Column("player_id", sa.BigInteger, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("match_id", "player_id", name=op.f("pk_appearance")),
        _refers("appearance", "match_id", "match", ondelete="CASCADE"),
        _refers("appearance", "player_id", "player"),
        _check("appearance_side_known", "side IN ('home', 'away')"),
    )
    op.create_index(op.f("ix_appearance_player_id"), "appearance", ["player_id"])


def _create_goals() -> None:
    op.create_table(
        "goal",
        *_id("goal"),
        sa.Column("match_id", sa.BigInteger, nullable=False),
        sa.Column("scorer_id", sa.BigInteger, nullable=False),
        sa.Column("assistant_id", sa.BigInteger),
        sa.Column("own_goal", sa.Boolean, nullable=False, server_default=sa.false()),
        *(
            sa.ForeignKeyConstraint(
                ["match_id", column],
                ["appearance.match_id", "appearance.player_id"],
                name=op.f(f"fk_goal_match_id_{column}_appearance"),
            )
            for column in ("scorer_id", "assistant_id")
        ),
        _check("goal_assistant_is_another", "assistant_id <> scorer_id"),
        _check("goal_own_goal_unassisted", "NOT own_goal OR assistant_id IS NULL"),
    )
    op.create_index(op.f("ix_goal_match_id"), "goal", ["match_id"])
