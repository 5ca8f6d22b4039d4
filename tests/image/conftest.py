"""Builds the images once, as scripts/build does, on the container engine at hand."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.image.engine import PROGRAMS, Engine, find_engine

ROOT = Path(__file__).parents[2]
RELEASE = "image-tests"
TARGETS = ("migrate", "service", "gate")
BUILD_DEADLINE_S = 600
NEEDED = f"no container engine answers: install and start one of {', '.join(PROGRAMS)}"


@dataclass(frozen=True)
class Images:
    """The images, and the commit that they were built from."""

    commit: str
    migrate: str = f"calcio-migrate:{RELEASE}"
    service: str = f"calcio-service:{RELEASE}"
    gate: str = f"calcio-gate:{RELEASE}"

    def of(self, target: str) -> str:
        return {"migrate": self.migrate, "service": self.service, "gate": self.gate}[target]


@pytest.fixture(scope="session")
def engine() -> Engine:
    found = find_engine()
    if not found:
        (pytest.fail if "CI" in os.environ else pytest.skip)(NEEDED)
    return found


@pytest.fixture(scope="session")
def images(engine: Engine) -> Images:
    head = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()
    built = subprocess.run(
        [ROOT / "scripts/build", RELEASE],
        env={**os.environ, "ENGINE": engine.program},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_DEADLINE_S,
        check=False,
    )
    assert built.returncode == 0, built.stdout
    return Images(commit)
