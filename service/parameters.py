"""Reads a query's parameters into typed values, and names the one that is none of ours."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from service.errors import Problem
from service.request import Request
from service.rules import broken

T = TypeVar("T")


def read_query(request: Request, takes: type[T]) -> T:
    """The query's parameters as a `takes`, which forbids the unknown ones."""
    query = request.scope["query_string"].decode(errors="surrogateescape")
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        if name in parameters:
            raise Problem.at(_named(name), "Expected the query parameter once")
        if _has_half_characters(name + value):
            raise Problem.at(_named(name), "Expected percent-encoded UTF-8 in the query parameter")
        parameters[name] = value
    try:
        return msgspec.convert(parameters, takes, strict=False)
    except msgspec.ValidationError as error:
        raise broken(error, takes) from error


def _named(parameter: str) -> str:
    return f"$.{parameter.encode(errors='surrogateescape').decode(errors='replace')}"


def _has_half_characters(text: str) -> bool:
    """Whether some byte of it was not UTF-8, which `surrogateescape` turns into half a character."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
