"""How large the images are."""

import re

import pytest

from tests.image.conftest import ROOT, Images
from tests.image.engine import Engine

MIB = 1024 * 1024


@pytest.mark.parametrize(("target", "most_mib"), [("service", 40), ("gate", 25)])
def test_an_image_adds_little_to_its_base(engine: Engine, images: Images, target: str, most_mib: int) -> None:
    """A node that has the base pulls little more for a release, and less for a gate."""
    base = re.findall(r"^ARG PYTHON=(.+)$", (ROOT / "Containerfile").read_text(), re.MULTILINE)[0]
    smallest, size = (int(engine.inspected(image, "{{.Size}}")) for image in (base, images.of(target)))
    print(f"{target}: {size / MIB:.1f} MiB, base + {(size - smallest) / MIB:.1f}")
    assert size - smallest <= most_mib * MIB
