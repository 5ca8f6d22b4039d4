"""How the text of a setting becomes its value; each says what it expected."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
WORDS = {"on": True, "true": True, "off": False, "false": False}


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (re.fullmatch(r"[0-9]{1,12}", text) and low <= int(text) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not (re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", text) and low <= float(text) <= high):
            raise ValueError(f"seconds from {low:g} to {high:g}")
        return float(text)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(" or ".join(words))
        return text

    return parse


def matching(pattern: str, expected: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(expected)
        return text

    return parse


def on_off(text: str) -> bool:
    if text.lower() not in WORDS:
        raise ValueError("on or off")
    return WORDS[text.lower()]


def identifier(text: str) -> str:
    """Take a plain SQL identifier, so that no quoting can go wrong."""
    if not re.fullmatch(IDENTIFIER, text) or len(text) > 63:
        raise ValueError("a plain identifier of at most 63 letters, digits and underscores")
    return text


def path(text: str) -> "Path":
    from pathlib import Path  # which most runs can do without

    return Path(text)
