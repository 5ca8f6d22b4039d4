"""A line of the leaderboard, as the API gives one."""

from typing import Annotated

import msgspec
from msgspec import Meta

from service.paging import PageQuery
from service.validation import Id

Season = Annotated[int, Meta(ge=1999, le=2999)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Line(msgspec.Struct, frozen=True):
    """What a player did in a season."""

    player_id: int
    name: str
    won: int
    drawn: int
    lost: int
    points: int
    goals: int
    assists: int


class LeaderboardQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which season, named by the year it begins in."""

    season: Season


class LineKey(msgspec.Struct, frozen=True, array_like=True):
    """After which line a page begins."""

    points: Count
    goals: Count
    player_id: Id


class LeaderboardPage(msgspec.Struct, frozen=True):
    """The season's players, by points and then goals."""

    items: list[Line]
