"""What an image says of itself, to whoever finds it in a registry."""

import json

import pytest

from db.contract import lockfile
from tests.image.conftest import RELEASE, TARGETS, Images
from tests.image.engine import Engine


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_names_its_release_its_commit_and_its_head(
    engine: Engine, images: Images, target: str
) -> None:
    """The labels are the release that was built, its commit, and the head it expects; the gate brings none."""
    labels = json.loads(engine.inspected(images.of(target), "{{json .Config.Labels}}"))
    assert labels["org.opencontainers.image.title"] == f"calcio-{target}"
    assert labels["org.opencontainers.image.version"] == RELEASE
    assert labels["org.opencontainers.image.revision"].removesuffix("-dirty") == images.commit
    head = None if target == "gate" else lockfile.read_entries()[-1].revision.revision
    assert labels.get("dev.calcio.head") == head


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_a_number_that_is_not_root(engine: Engine, images: Images, target: str) -> None:
    """kubelet can tell from the image alone that runAsNonRoot holds."""
    assert engine.inspected(images.of(target), "{{.Config.User}}") == "1001:0"
