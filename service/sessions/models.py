"""A session, as the API takes and gives one."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.paging import PageQuery
from service.rules import PLAIN_TEXT
from service.sessions.states import State
from service.validation import Id

YEARS = range(2000, 3000)
StartsAt = Annotated[datetime, Meta(tz=True, extra_json_schema={"pattern": "^2"})]
Venue = Annotated[str, Meta(min_length=1, max_length=120, pattern=PLAIN_TEXT)]
PlayersASide = Annotated[int, Meta(ge=1, le=11)]


class Session(msgspec.Struct, frozen=True):
    """A scheduled game."""

    id: int
    starts_at: datetime
    venue: str
    players_a_side: int
    state: State
    created_at: datetime
    edition: int


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is planned."""

    starts_at: StartsAt
    venue: Venue
    players_a_side: PlayersASide = 5


class SessionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is left out stays. The session's matches follow it into another season."""

    starts_at: StartsAt | UnsetType = UNSET
    venue: Venue | UnsetType = UNSET
    players_a_side: PlayersASide | UnsetType = UNSET
    state: State | UnsetType = UNSET


class SessionsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which sessions: those that start at `since` or later."""

    since: StartsAt | UnsetType = UNSET


class SessionKey(msgspec.Struct, frozen=True, array_like=True):
    """After which session a page begins."""

    starts_at: StartsAt
    id: Id


class SessionsPage(msgspec.Struct, frozen=True):
    """Sessions in the order in which they start."""

    items: list[Session]
