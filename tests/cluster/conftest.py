"""Brings both images into the cluster that KUBECONFIG names, and gives tests a namespace there."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cluster.kubectl import kubectl
from tests.image.engine import find_engine
from tests.server.container import IMAGE as POSTGRES

ROOT = Path(__file__).parents[2]
RELEASE = "cluster-tests"
BUILD_DEADLINE_S = 900
NEEDED = "KUBECONFIG names no cluster: start one (kind, minikube, k3d) and export KUBECONFIG"


@pytest.fixture(scope="session")
def release() -> str:
    """The release whose images, built from this tree, the cluster has.

    CALCIO_LOAD_IMAGES is the command that loads the images which follow it, for instance
    `kind load docker-image`; without one the cluster is taken to see the engine's images.
    """
    if not os.environ.get("KUBECONFIG"):
        (pytest.fail if "CI" in os.environ else pytest.skip)(NEEDED)
    kubectl("version")
    run(str(ROOT / "scripts/build"), RELEASE)
    if load := os.environ.get("CALCIO_LOAD_IMAGES"):
        run(*shlex.split(load), f"calcio-migrate:{RELEASE}", f"calcio-service:{RELEASE}", *others())
    return RELEASE


def others() -> list[str]:
    """The database's image, where the engine has it; else the cluster pulls it."""
    engine = find_engine()
    return [POSTGRES] if engine and engine.holds(POSTGRES) else []


def run(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_DEADLINE_S, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
