"""The bill of materials that scripts/build writes beside each image."""

import json
import re
from typing import Any

import pytest

from tests.image.conftest import RELEASE, ROOT, TARGETS, Images

PIN = re.compile(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==([^\s;]+)", re.MULTILINE)


@pytest.fixture(params=TARGETS)
def bill(request: pytest.FixtureRequest, images: Images) -> tuple[str, dict[str, Any]]:  # noqa: ARG001 - built is written
    target = str(request.param)
    path = ROOT / f"build/sbom/calcio-{target}-{RELEASE}.cdx.json"
    return target, json.loads(path.read_text())


def test_it_says_of_what_it_is(bill: tuple[str, dict[str, Any]]) -> None:
    """A scanner knows the format, and a reader the image and its release."""
    target, found = bill
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    subject = found["metadata"]["component"]
    assert (subject["type"], subject["name"], subject["version"]) == (
        "container",
        f"calcio-{target}",
        RELEASE,
    )


def test_it_lists_exactly_the_packages_that_are_pinned(bill: tuple[str, dict[str, Any]]) -> None:
    """What lies in the image is what requirements/ names, in those versions, and nothing else of Python's."""
    target, found = bill
    pinned = set(PIN.findall((ROOT / f"requirements/{target}.txt").read_text()))
    packages = {part["purl"] for part in found["components"] if part["purl"].startswith("pkg:pypi/")}
    listed = {tuple(purl.removeprefix("pkg:pypi/").split("@")) for purl in packages}
    assert listed == pinned


def test_it_lists_the_system_too(bill: tuple[str, dict[str, Any]]) -> None:
    """A flaw in Python or in Debian's libraries is found as well as one in a wheel."""
    _, found = bill
    purls = [part["purl"] for part in found["components"]]
    assert any(purl.startswith("pkg:generic/python@3.") for purl in purls)
    assert any(re.fullmatch(r"pkg:deb/debian/libc6@[^?]+\?arch=\w+", purl) for purl in purls)
    assert len(purls) == len(set(purls))
