"""Says which rule a value breaks, and at which field: what msgspec found, in words for whoever sent it."""

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from service.errors import Problem

# Neither a control character anywhere (PostgreSQL stores no NUL) nor a blank in front.
PLAIN_TEXT = r"^(?![\s\S]*[\x00-\x1f\x7f])\S"
ANY_TEXT = r"^[^\x00]*$"
_IN_WORDS = {
    f"Expected `str` matching regex {PLAIN_TEXT!r}": "Expected text without control characters or a blank in front",
    f"Expected `str` matching regex {ANY_TEXT!r}": "Expected text without NUL",
}
# The last such end is msgspec's: one before it stands in what the client sent.
_AT = re.compile(r"(?P<problem>.*) - at `(?P<path>\$[^`]*)`", re.DOTALL)


def broken(error: msgspec.ValidationError, expected: Any) -> Problem:
    """The rule that a value breaks which should have been an `expected`."""
    # msgspec's sentence speaks of our declared types and of the client's own field, and of nothing else.
    found = _AT.fullmatch(str(error))
    path, problem = (found["path"], found["problem"]) if found else ("$", str(error))
    if problem.startswith("Invalid enum value"):
        problem = f"Expected one of {', '.join(_words(get_type_hints(expected)[path.removeprefix('$.')]))}"
    return Problem.at(path, _IN_WORDS.get(problem, problem))


def _words(hint: Any) -> Iterator[str]:
    """The words that a field takes, which may also be left out."""
    for part in get_args(hint):
        if get_origin(hint) is Literal:
            yield part
        else:
            yield from _words(part)
