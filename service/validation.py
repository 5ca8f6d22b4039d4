"""Reads bodies and paths into typed values, and names the offending path where it cannot."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.errors import Kind, Problem, not_found
from service.request import Request
from service.rules import broken

T = TypeVar("T")

BODY_BYTES_MAX = 64 * 1024
ID_MAX = 2**63 - 1
Id = Annotated[int, Meta(ge=0, le=ID_MAX)]


async def read_body(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """The body as what `decoder` decodes."""
    media_type = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(Kind.NOT_JSON, "set Content-Type: application/json")
    if (request.header(b"content-encoding") or "identity").lower() != "identity":
        problem = Problem(Kind.NOT_JSON, "send it as it is, without a Content-Encoding")
        problem.headers["Accept-Encoding"] = "identity"
        raise problem
    return decoded(await _bounded(request), decoder)


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """`body` as what `decoder` decodes, each field given once."""
    try:
        try:
            value = decoder.decode(body)
        except msgspec.ValidationError as error:
            value = msgspec.convert(_whole(_untyped(body, error)), decoder.type)
        _must_be_given_once(body)
    except msgspec.ValidationError as error:
        raise broken(error, decoder.type) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(
            Kind.MALFORMED, f"the body could not be read as JSON: {_unreadable(body, error)}"
        ) from error
    return value


def path_id(request: Request, name: str) -> int:
    """The id in the path; one that PostgreSQL could not even store was not found."""
    key: int = request.path_params[name]
    if key > ID_MAX:
        raise not_found(name.removesuffix("_id"), key)
    return key


def given(value: T | UnsetType) -> T | None:
    """The value of a change, for a statement in which NULL leaves a column as it is."""
    return None if value is UNSET else value


async def read_nothing(request: Request) -> None:
    """Raise Problem at a body that nobody would read; an empty object says nothing either."""
    if (await _bounded(request)).strip() not in (b"", b"{}"):
        raise Problem.at("$", "Expected no body")


async def _bounded(request: Request) -> bytes:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_BYTES_MAX:
            raise Problem(Kind.TOO_LARGE, f"expected at most {BODY_BYTES_MAX} bytes")
    return bytes(chunks)


def _untyped(body: bytes, first: msgspec.ValidationError) -> Any:
    """What JSON alone makes of the body; where even that has no such number, `first` says which field it is."""
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:
        raise first from None


def _unreadable(body: bytes, error: Exception) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as found:
        return f"no UTF-8 (byte {found.start})"
    # msgspec's sentence speaks of the format and the place, and of nothing else.
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


class _Repeated(dict[str, Any]):
    """An object that gives a key twice."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    repeated = _Repeated(found)
    repeated.key = next(key for key in keys if keys.count(key) > 1)
    return repeated


def _must_be_given_once(body: bytes) -> None:
    """Raise Problem at a key that stands twice in an object: msgspec would take the last one."""
    value = json.loads(body, object_pairs_hook=_object, parse_int=str, parse_float=str)
    for path, found in (("$", value), *((f"$[{place}]", one) for place, one in _placed(value))):
        if isinstance(found, _Repeated):
            raise Problem.at(f"{path}.{found.key}", "Expected the field once")


def _placed(value: object) -> Iterable[tuple[int, object]]:
    return enumerate(value) if isinstance(value, list) else ()


def _whole(value: Any) -> Any:
    """The value with 5.0 as 5: JSON has one kind of number, and some languages write every one of them so."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
    return value
