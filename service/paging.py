"""Keyset pages: an opaque cursor says after which row the next one begins, a Link header where to ask for it."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from urllib.parse import unquote_plus

import msgspec
from msgspec import Meta

from service.answers import Answer
from service.errors import Kind, Problem
from service.request import Request

Key = TypeVar("Key")
Item = TypeVar("Item")

LIMIT_MAX = 100
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
MOVES = {"limit", "after"}
Cursor = Annotated[str, Meta(max_length=1024)]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every list takes: how many, and after which."""

    limit: Limit = 25
    after: Cursor | None = None

    def key(self, kind: type[Key], first: Key) -> Key:
        """The key that the page begins after; `first` stands before all of them."""
        if self.after is None:
            return first
        try:
            return msgspec.json.decode(urlsafe_b64decode(self.after.encode() + b"=="), type=kind)
        except (msgspec.DecodeError, binascii.Error, UnicodeError) as error:
            raise Problem(Kind.NOT_FOUND, "no page begins there: take `after` from a Link header") from error


def cursor(key: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def page(request: Request, query: PageQuery, rows: Sequence[Item], key: Callable[[Item], object]) -> Answer:
    """The page of `rows`, which were asked for with one more than the limit, to see whether more follow."""
    items = rows[: query.limit]
    answer = Answer.of({"items": items})
    if len(rows) > query.limit:
        # As they came, since whoever sent them knew how to write them.
        kept = [
            one
            for one in request.scope["query_string"].decode("latin-1").split("&")
            if one and unquote_plus(one.partition("=")[0]) not in MOVES
        ]
        following = "&".join([*kept, f"limit={query.limit}", f"after={cursor(key(items[-1]))}"])
        answer.add(b"link", f'<{request.scope["path"]}?{following}>; rel="next"')
    return answer
