"""HTML in which whatever is not HTML has been escaped, by construction."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """`template` with each {name} filled in; what is not Html is text, and escaped."""
    safe = {name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()}
    return Html(template.format_map(safe))


def joined(pieces: Iterable[Html]) -> Html:
    return Html("".join(pieces))
