"""A match, as the API takes and gives one."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.paging import PageQuery
from service.validation import Id

Side = Literal["home", "away"]
LineUp = Annotated[list[Id], Meta(min_length=1, max_length=11)]


class Match(msgspec.Struct, frozen=True):
    """A match of a session; a final one counts, in the season in which the session begins."""

    id: int
    session_id: int
    season: int
    state: Literal["open", "final"]
    home_score: int
    away_score: int
    finalised_at: datetime | None
    created_at: datetime
    edition: int


class NewMatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line-ups; left out, they are the session's teams."""

    home: LineUp | None = None
    away: LineUp | None = None


class Appearance(msgspec.Struct, frozen=True):
    """Who plays, and for which side."""

    player_id: int
    name: str
    side: Side


class NewGoal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who scored, with whose help; an own goal counts for the other side."""

    scorer_id: Id
    assistant_id: Id | None = None
    own_goal: bool = False


# The whole list, since a match has few: what is sent is what stands.
NewGoals = Annotated[list[NewGoal], Meta(max_length=99)]


class Goal(msgspec.Struct, frozen=True):
    """A goal, in the order in which they were recorded."""

    scorer_id: int
    assistant_id: int | None
    own_goal: bool


class Sheet(Match, frozen=True):
    """A match with its line-ups and goals."""

    line_ups: list[Appearance]
    goals: list[Goal]


class MatchesQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the matches."""


class MatchKey(msgspec.Struct, frozen=True, array_like=True):
    """Below which match a page begins."""

    id: Id


class MatchesPage(msgspec.Struct, frozen=True):
    """Matches, the newest first."""

    items: list[Match]


class Result(msgspec.Struct, frozen=True):
    """One player's part in a final match, as a recount reads it."""

    match_id: int
    player_id: int
    side: Side
    home_score: int
    away_score: int
    rating_id: int
