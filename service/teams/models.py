"""The two sides of a session, as the API takes and gives them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta


class NewTeams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The seed, for who wants the same split again; left out, it is drawn."""

    seed: Annotated[int, Meta(ge=0, lt=2**53)] | None = None


class Coming(msgspec.Struct, frozen=True):
    """Somebody who said yes, and what they weigh in the balance."""

    player_id: int
    preferred_role: str
    weight: float


class Placed(msgspec.Struct, frozen=True):
    """A member of a stored team, as the database gives one."""

    side: str
    seed: int
    created_at: datetime
    player_id: int
    name: str
    weight: float


class Member(msgspec.Struct, frozen=True):
    """A player in a team, and what they weighed when it was made."""

    player_id: int
    name: str
    weight: float


class Teams(msgspec.Struct, frozen=True):
    """Both sides, and by how much the sums of their members' weights differ."""

    session_id: int
    seed: int
    created_at: datetime
    difference: float
    home: list[Member]
    away: list[Member]
