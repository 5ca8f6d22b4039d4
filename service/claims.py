"""The claims of a token whose signature holds: each made once, of the right type, and what its bearer may do."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import jwt
import msgspec
from jwt.utils import base64url_decode

from service.auth import Principal, Role
from service.errors import unauthenticated
from service.users.models import Subject

# A number, as RFC 7519 has it, of seconds that end with the year 9999: later is a mistake, or for ever.
Time = Annotated[float, msgspec.Meta(ge=0, lt=253_402_300_800)]


def made_once(token: str) -> None:
    """Raise DecodeError at a second claim of one name: two readers would not agree which was meant."""
    json.loads(base64url_decode(token.split(".")[1]), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    claims = dict(pairs)
    if len(claims) < len(pairs):
        raise jwt.DecodeError
    return claims


class _Claims(msgspec.Struct):
    sub: Subject
    exp: Time
    nbf: Time | None = None
    role: str | None = None
    roles: list[str] = []


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """The subject with the highest role that `role` and `roles` name; who has none of ours may read."""
    try:
        claimed = msgspec.convert(claims, _Claims)
        claimed.sub.encode()
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError) as error:
        raise unauthenticated(
            "the token's sub, role or roles are not the texts, or its exp or nbf not the time, they should be"
        ) from error
    known = {role.name.lower(): role for role in Role}
    named = (known[name] for name in (claimed.role, *claimed.roles) if name in known)
    return Principal(claimed.sub, max(named, default=Role.READER))
