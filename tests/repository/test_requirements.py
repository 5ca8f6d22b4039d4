"""What is installed is what was tried: every package pinned, every archive known by its hash."""

import re
import tomllib

import pytest

from tests.repository.tree import ROOT

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
ENTRY = re.compile(r"^(?P<name>[a-z0-9-]+)(\[[a-z,]+\])?==(?P<pin>\S+)(?P<rest>.*(\n .*)*)", re.MULTILINE)


def pins(extra: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{extra}.txt").read_text()
    return {entry["name"]: entry["pin"] for entry in ENTRY.finditer(text)}


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_line_of_requirements_is_a_pin_with_hashes(extra: str) -> None:
    """Nothing can be installed whose bytes were not seen when the file was written."""
    text = (ROOT / f"requirements/{extra}.txt").read_text()
    entries = list(ENTRY.finditer(text))
    unpinned = ENTRY.sub("", text)
    assert [
        line for line in unpinned.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ] == []
    assert [entry["name"] for entry in entries if "--hash=sha256:" not in entry["rest"]] == []


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_package_that_is_asked_for_is_pinned(extra: str) -> None:
    """A package added to pyproject.toml reaches requirements/ before it reaches an image."""
    asked = {re.split(r"[\[<>=~ ]", wanted)[0].lower() for wanted in EXTRAS[extra]}
    assert asked - pins(extra).keys() == set(), "run scripts/lock-requirements"


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_images_get_what_the_tests_ran_with(extra: str) -> None:
    """A package has the same pin in an image and on a developer's machine."""
    assert pins(extra).items() <= pins("dev").items()
