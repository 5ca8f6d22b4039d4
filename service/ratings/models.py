"""A rating, as the API gives one."""

from datetime import datetime

import msgspec

from service.paging import PageQuery
from service.validation import Id


class Rating(msgspec.Struct, frozen=True):
    """A player's skill after a match, in the order in which matches became final."""

    id: int
    match_id: int
    mu: float
    sigma: float
    recorded_at: datetime


class Rated(msgspec.Struct, frozen=True):
    """A player's skill as the database gives it for many at once."""

    player_id: int
    mu: float
    sigma: float


class RatingsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the history."""


class RatingKey(msgspec.Struct, frozen=True, array_like=True):
    """Below which rating a page begins."""

    id: Id


class RatingsPage(msgspec.Struct, frozen=True):
    """A player's ratings, the newest first."""

    items: list[Rating]
