"""Makes one image that has what steps call: sh, git and kubectl."""

import os
import shutil
from pathlib import Path

from tests.cluster.images import load, run
from tests.image.engine import find_engine

IMAGE = "calcio-steps:cluster-tests"


def bring(scratch: Path) -> str:
    """Build the image with this machine's kubectl, and load it as tests.cluster.images does."""
    engine, program = find_engine(), shutil.which("kubectl")
    assert engine, "no container engine answers"
    assert program, "no kubectl on PATH"
    shutil.copy(program, scratch / "kubectl")
    network = [f"--network={found}"] if (found := os.environ.get("NETWORK")) else []
    containerfile = str(Path(__file__).with_name("Containerfile"))
    run(engine.program, "build", f"--file={containerfile}", f"--tag={IMAGE}", *network, str(scratch))
    load(IMAGE)
    return IMAGE
