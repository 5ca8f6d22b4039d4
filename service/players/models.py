"""A player, as the API takes and gives one."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.paging import PageQuery
from service.rules import ANY_TEXT, PLAIN_TEXT
from service.validation import Id

Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN_TEXT)]
PreferredRole = Literal["any", "goalkeeper", "defender", "winger", "pivot"]


class Player(msgspec.Struct, frozen=True):
    """Somebody who plays; a retired one is asked no more, and stays in every match played."""

    id: int
    name: str
    preferred_role: PreferredRole
    retired_at: datetime | None
    created_at: datetime
    edition: int


class NewPlayer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who joins."""

    name: Name
    preferred_role: PreferredRole = "any"


class PlayerChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is left out stays."""

    name: Name | UnsetType = UNSET
    preferred_role: PreferredRole | UnsetType = UNSET
    retired: bool | UnsetType = UNSET


class PlayersQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which players: those whose name begins so, and the retired ones only when asked for."""

    name: Annotated[str, Meta(max_length=80, pattern=ANY_TEXT)] = ""
    retired: bool = False


class PlayerKey(msgspec.Struct, frozen=True, array_like=True):
    """After which player a page begins."""

    name: Annotated[str, Meta(max_length=80, pattern=ANY_TEXT)]
    id: Id


class PlayersPage(msgspec.Struct, frozen=True):
    """Players in alphabetical order."""

    items: list[Player]
