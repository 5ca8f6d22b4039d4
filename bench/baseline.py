"""The yardstick: the same answers as a usual team gives them, with FastAPI, Pydantic and SQLAlchemy's ORM."""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, DateTime, ForeignKey, Select, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.contract.url import find_url

POOL_SIZE = 10  # as CALCIO_POOL_SIZE


class Model(DeclarativeBase):
    """What maps a table."""


class Player(Model):
    """Somebody who plays."""

    __tablename__ = "player"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    preferred_role: Mapped[str]
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    edition: Mapped[int]


class Match(Model):
    """A match of a season."""

    __tablename__ = "match"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    season: Mapped[int]
    state: Mapped[str]
    home_score: Mapped[int]
    away_score: Mapped[int]


class Appearance(Model):
    """Who played in a match, and for which side."""

    __tablename__ = "appearance"
    match_id: Mapped[int] = mapped_column(ForeignKey(Match.id), primary_key=True)
    player_id: Mapped[int] = mapped_column(ForeignKey(Player.id), primary_key=True)
    side: Mapped[str]


class Goal(Model):
    """Who scored, with whose help."""

    __tablename__ = "goal"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey(Match.id))
    scorer_id: Mapped[int] = mapped_column(ForeignKey(Player.id))
    assistant_id: Mapped[int | None] = mapped_column(ForeignKey(Player.id))
    own_goal: Mapped[bool]


class PlayerOut(BaseModel):
    """A player, as the API gives one."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    preferred_role: str
    retired_at: datetime | None
    created_at: datetime
    edition: int


class Line(BaseModel):
    """What a player did in a season."""

    model_config = ConfigDict(from_attributes=True)
    player_id: int
    name: str
    won: int
    drawn: int
    lost: int
    points: int
    goals: int
    assists: int


class Leaderboard(BaseModel):
    """The season's players, by points and then goals."""

    items: list[Line]


url = find_url(os.environ)
engine = create_async_engine(
    "postgresql+asyncpg://",
    async_creator=lambda: asyncpg.connect(**url.for_asyncpg()),
    pool_size=POOL_SIZE,
    max_overflow=0,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/readyz")
async def read_readiness(session: Session) -> str:
    await session.execute(text("SELECT 1"))
    return "ok"


@app.get("/api/v1/players/{player_id}", response_model=PlayerOut)
async def read_player(player_id: int, session: Session) -> Player:
    player = await session.get(Player, player_id)
    if player is None:
        raise HTTPException(404)
    return player


@app.get("/api/v1/statistics")
async def read_leaderboard(
    session: Session, season: int, limit: Annotated[int, Query(ge=1, le=100)] = 25
) -> Leaderboard:
    lines = (await session.execute(leaderboard(season, limit))).all()
    return Leaderboard(items=[Line.model_validate(line) for line in lines])


def leaderboard(season: int, limit: int) -> Select[Any]:
    """The lines of a season, counted from its matches."""
    counts = (Match.season == season, Match.state == "final")
    margin = case((Appearance.side == "home", 1), else_=-1) * (Match.home_score - Match.away_score)
    results = (
        select(
            Appearance.player_id,
            func.count().filter(margin > 0).label("won"),
            func.count().filter(margin == 0).label("drawn"),
            func.count().filter(margin < 0).label("lost"),
        )
        .join(Match, Match.id == Appearance.match_id)
        .where(*counts)
        .group_by(Appearance.player_id)
        .subquery()
    )
    goals, assists = (
        select(column.label("player_id"), func.count().label("many"))
        .join(Match, Match.id == Goal.match_id)
        .where(*counts, column.is_not(None), *more)
        .group_by(column)
        .subquery()
        for column, more in ((Goal.scorer_id, (~Goal.own_goal,)), (Goal.assistant_id, ()))
    )
    points = (3 * results.c.won + results.c.drawn).label("points")
    scored = func.coalesce(goals.c.many, 0).label("goals")
    return (
        select(
            Player.id.label("player_id"),
            Player.name,
            *(results.c.won, results.c.drawn, results.c.lost, points, scored),
            func.coalesce(assists.c.many, 0).label("assists"),
        )
        .join(results, results.c.player_id == Player.id)
        .outerjoin(goals, goals.c.player_id == Player.id)
        .outerjoin(assists, assists.c.player_id == Player.id)
        .order_by(points.desc(), scored.desc(), Player.id.desc())
        .limit(limit)
    )
