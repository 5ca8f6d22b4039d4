"""How large the images are."""

import re

from tests.image.conftest import ROOT, Images
from tests.image.engine import Engine

MIB = 1024 * 1024


def test_the_service_adds_at_most_40_mib_to_its_base(engine: Engine, images: Images) -> None:
    """A node that has the base pulls little more for a release."""
    base = re.findall(r"^ARG PYTHON=(.+)$", (ROOT / "Containerfile").read_text(), re.MULTILINE)[0]
    sizes = {
        image: int(engine.inspected(image, "{{.Size}}")) for image in (base, images.migrate, images.service)
    }
    for image, size in sizes.items():
        print(f"{image}: {size / MIB:.1f} MiB, base + {(size - sizes[base]) / MIB:.1f}")
    assert sizes[images.service] - sizes[base] <= 40 * MIB
