"""Gives tests a release of this tree in the cluster that KUBECONFIG names."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.cluster.images import bring
from tests.cluster.kubectl import kubectl
from tests.cluster.rehearsal import releases, report
from tests.cluster.rehearsal.record import Record

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "build/rehearsal/index.html"
RELEASE = "cluster-tests"
ONLY_WHEN_ASKED_FOR = "test_rehearsal_faults.py"  # twenty minutes are more than a run of all tests has
NEEDED = "KUBECONFIG names no cluster: start one (kind, minikube, k3d) and export KUBECONFIG"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `scripts/rehearse --all` plays, where nobody asked for it."""
    if os.environ.get("CALCIO_REHEARSE_ALL"):
        return
    left_out = [item for item in items if item.path.name == ONLY_WHEN_ASKED_FOR]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def release() -> str:
    """The release whose images, built from this tree, the cluster has."""
    if not os.environ.get("KUBECONFIG"):
        (pytest.fail if "CI" in os.environ else pytest.skip)(NEEDED)
    kubectl("version")
    bring(ROOT, RELEASE)
    return RELEASE


@pytest.fixture(scope="session")
def make(release: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:  # noqa: ARG001 - a cluster is needed
    """Makes a release of folders of changes, on top of this tree; each one once."""
    scratch = tmp_path_factory.mktemp("releases")
    return cache(lambda *changes: releases.make(scratch, *changes))


@pytest.fixture(scope="session")
def records() -> Iterator[list[Record]]:
    """What the rehearsals have recorded; the report is written when they are over, well or not."""
    recorded: list[Record] = []
    yield recorded
    report.write(recorded, REPORT)
