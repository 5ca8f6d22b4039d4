"""The tables as the models see them: autogenerate's other half, and nothing that the service imports.

All in one file, each below those that it refers to: split, it would be files that import each other for foreign keys.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _created_at() -> Column[datetime]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _edition() -> Column[int]:
    """Count a row's changes: its ETag."""
    return Column("edition", Integer, nullable=False, server_default=text("1"))


def _one_of(column: str, *words: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


player = Table(
    "player",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("preferred_role", Text, nullable=False, server_default="any"),
    Column("retired_at", DateTime(timezone=True)),
    _created_at(),
    _edition(),
    CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
    _one_of("preferred_role", "any", "goalkeeper", "defender", "winger", "pivot"),
)

# 0003 builds it with COLLATE "C", so that it serves pages and prefixes alike; reflection does not see that.
Index("ix_player_lower_name_id", func.lower(player.c.name), player.c.id)

user_account = Table(
    "user_account",
    metadata,
    _id(),
    Column("subject", Text, nullable=False, unique=True),
    Column("player_id", ForeignKey(player.c.id), unique=True),
    _created_at(),
    _edition(),
    CheckConstraint("length(subject) BETWEEN 1 AND 255", name="subject_length"),
)

session = Table(
    "session",
    metadata,
    _id(),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("venue", Text, nullable=False),
    Column("players_a_side", SmallInteger, nullable=False, server_default=text("5")),
    Column("state", Text, nullable=False, server_default="planned"),
    _created_at(),
    _edition(),
    CheckConstraint("length(venue) BETWEEN 1 AND 120", name="venue_length"),
    CheckConstraint("players_a_side BETWEEN 1 AND 11", name="players_a_side_range"),
    _one_of("state", "planned", "open", "locked", "played", "cancelled"),
    Index(None, "starts_at", "id"),
)

availability = Table(
    "availability",
    metadata,
    Column("session_id", ForeignKey(session.c.id), primary_key=True),
    Column("player_id", ForeignKey(player.c.id), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    _one_of("answer", "yes", "no", "maybe"),
    Index(None, "player_id"),
)

team = Table(
    "team",
    metadata,
    _id(),
    Column("session_id", ForeignKey(session.c.id), nullable=False),
    Column("side", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    _created_at(),
    UniqueConstraint("session_id", "side"),
    _one_of("side", "home", "away"),
)

team_member = Table(
    "team_member",
    metadata,
    Column("team_id", ForeignKey(team.c.id, ondelete="CASCADE"), primary_key=True),
    Column("player_id", ForeignKey(player.c.id), primary_key=True),
    Column("weight", Double, nullable=False),
    Index(None, "player_id"),
)

match = Table(
    "match",
    metadata,
    _id(),
    Column("session_id", ForeignKey(session.c.id), nullable=False),
    Column("season", SmallInteger, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("home_score", SmallInteger, nullable=False, server_default=text("0")),
    Column("away_score", SmallInteger, nullable=False, server_default=text("0")),
    Column("finalised_at", DateTime(timezone=True)),
    _created_at(),
    _edition(),
    CheckConstraint("season BETWEEN 1999 AND 2999", name="season_range"),
    CheckConstraint("home_score >= 0 AND away_score >= 0", name="score_counts"),
    CheckConstraint("(state = 'final') = (finalised_at IS NOT NULL)", name="final_is_dated"),
    _one_of("state", "open", "final"),
    Index(None, "session_id"),
)

appearance = Table(
    "appearance",
    metadata,
    Column("match_id", ForeignKey(match.c.id, ondelete="CASCADE"), primary_key=True),
    Column("player_id", ForeignKey(player.c.id), primary_key=True),
    Column("side", Text, nullable=False),
    _one_of("side", "home", "away"),
    Index(None, "player_id"),
)

goal = Table(
    "goal",
    metadata,
    _id(),
    Column("match_id", BigInteger, nullable=False),
    Column("scorer_id", BigInteger, nullable=False),
    Column("assistant_id", BigInteger),
    Column("own_goal", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(["match_id", "scorer_id"], [appearance.c.match_id, appearance.c.player_id]),
    ForeignKeyConstraint(["match_id", "assistant_id"], [appearance.c.match_id, appearance.c.player_id]),
    CheckConstraint("assistant_id <> scorer_id", name="assistant_is_another"),
    CheckConstraint("NOT own_goal OR assistant_id IS NULL", name="own_goal_unassisted"),
    Index(None, "match_id"),
)

rating = Table(
    "rating",
    metadata,
    _id(),
    Column("match_id", BigInteger, nullable=False),
    Column("player_id", BigInteger, nullable=False),
    Column("mu", Double, nullable=False),
    Column("sigma", Double, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ForeignKeyConstraint(["match_id", "player_id"], [appearance.c.match_id, appearance.c.player_id]),
    UniqueConstraint("match_id", "player_id"),
    CheckConstraint("sigma > 0", name="sigma_positive"),
    Index(None, "player_id", "id"),
)

season_statistics = Table(
    "season_statistics",
    metadata,
    Column("season", SmallInteger, primary_key=True, autoincrement=False),
    Column("player_id", ForeignKey(player.c.id), primary_key=True),
    Column("won", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("goals", Integer, nullable=False),
    Column("assists", Integer, nullable=False),
    CheckConstraint("points = 3 * won + drawn", name="points_follow_results"),
    Index(None, "player_id"),
    Index(None, "season", "points", "goals", "player_id"),
)
