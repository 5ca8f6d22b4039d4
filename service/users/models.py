"""A user account, as the API takes and gives one."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from service.paging import PageQuery
from service.rules import PLAIN_TEXT
from service.validation import Id

Subject = Annotated[str, Meta(min_length=1, max_length=255, pattern=PLAIN_TEXT)]


class Account(msgspec.Struct, frozen=True):
    """Which player a token's subject is; roles come with the token."""

    id: int
    subject: str
    player_id: int | None
    created_at: datetime
    edition: int


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to know."""

    subject: Subject
    player_id: Id | None = None


class AccountChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which player it is from now on; null for none."""

    player_id: Id | None


class AccountsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the accounts."""


class AccountKey(msgspec.Struct, frozen=True, array_like=True):
    """After which account a page begins."""

    id: Id


class AccountsPage(msgspec.Struct, frozen=True):
    """Accounts in the order in which they were made."""

    items: list[Account]


class Me(msgspec.Struct, frozen=True):
    """Whom the caller's token speaks for, and what it may do."""

    subject: str
    role: str
    account: Account | None
