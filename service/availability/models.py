"""An answer to a session, as the API takes and gives one."""

from datetime import datetime
from typing import Literal

import msgspec

from service.paging import PageQuery
from service.validation import Id

Word = Literal["yes", "no", "maybe"]


class Answered(msgspec.Struct, frozen=True):
    """What a player said, and when."""

    player_id: int
    name: str
    answer: Word
    answered_at: datetime


class NewAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a player says."""

    answer: Word


class AnswersQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the answers."""


class AnswerKey(msgspec.Struct, frozen=True, array_like=True):
    """After which player a page begins."""

    id: Id


class AnswersPage(msgspec.Struct, frozen=True):
    """The answers to a session, by player."""

    items: list[Answered]
