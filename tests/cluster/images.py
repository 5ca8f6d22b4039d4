"""Builds the images of a release and brings them into the cluster that KUBECONFIG names."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.image.conftest import TARGETS
from tests.image.engine import find_engine
from tests.server.container import IMAGE as POSTGRES

BUILD_DEADLINE_S = 900


def bring(root: Path, release: str) -> None:
    """Build the release from the tree at `root`, and load it.

    CALCIO_LOAD_IMAGES is the command that loads the images which follow it, for instance
    `kind load docker-image`; without one the cluster is taken to see the engine's images.
    """
    run(str(root / "scripts/build"), release)
    load(*(f"calcio-{target}:{release}" for target in TARGETS), *others())


def bring_application(release: str) -> None:
    """Load an application that is not Python: the database's image has perl and psql."""
    engine = find_engine()
    assert engine
    if not engine.holds(POSTGRES):
        engine("pull", POSTGRES)
    engine("tag", POSTGRES, f"application:{release}")
    load(f"application:{release}")


def load(*images: str) -> None:
    if command := os.environ.get("CALCIO_LOAD_IMAGES"):
        run(*shlex.split(command), *images)


def others() -> list[str]:
    """The database's image, where the engine has it; else the cluster pulls it."""
    engine = find_engine()
    return [POSTGRES] if engine and engine.holds(POSTGRES) else []


def run(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    ran = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=BUILD_DEADLINE_S, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
