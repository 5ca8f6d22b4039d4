"""What docs/commands.md says, taken apart."""

import re
from collections.abc import Iterator

from tests.repository.tree import ROOT

PAGE = (ROOT / "docs" / "commands.md").read_text()


def section(title: str) -> str:
    """The text below the heading `title`, up to the next one."""
    [text] = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of the tables in `text`, without their heads."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith(("| key ", "| code ", "| event ")):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def names(cell: str) -> set[str]:
    """What stands in `backticks`."""
    return set(re.findall(r"`([^`]+)`", cell))


def keys(title: str) -> set[str]:
    """The keys that the section `title` names: a path with [] after each list."""
    return {name for row in rows(section(title)) for name in names(row[0])}


def events() -> dict[str, set[str]]:
    """The fields of each event."""
    return {event: names(row[1]) for row in rows(section("Events")) for event in names(row[0])}
