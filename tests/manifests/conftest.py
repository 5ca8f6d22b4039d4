"""Gives each test the rendered overlays, once for every renderer on this machine."""

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.manifests.rendering import ENVIRONMENTS, KUSTOMIZE, OVERLAYS, RENDERERS, ROOT, Object, Renderer

rendered_once = cache(Renderer.objects)


@pytest.fixture(params=RENDERERS or [Renderer(("none",))], ids=lambda found: found.command[0])
def renderer(request: pytest.FixtureRequest) -> Renderer:
    if not RENDERERS:
        missing = "no kustomize, oc or kubectl on PATH: https://kubectl.docs.kubernetes.io/installation"
        (pytest.fail if "CI" in os.environ else pytest.skip)(missing)
    assert isinstance(request.param, Renderer)
    return request.param


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Path:
    return KUSTOMIZE / "overlays" / str(request.param)


@pytest.fixture
def objects(overlay: Path, renderer: Renderer) -> list[Object]:
    return rendered_once(renderer, overlay)


@pytest.fixture(params=ENVIRONMENTS)
def rollout(request: pytest.FixtureRequest, renderer: Renderer) -> list[Object]:
    """A whole environment: the Job and the Deployment that waits for it."""
    return rendered_once(renderer, KUSTOMIZE / "overlays" / str(request.param))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of kustomize/ and scripts/render that a test may change."""
    shutil.copytree(KUSTOMIZE, tmp_path / "kustomize")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "render", tmp_path / "scripts")
    return tmp_path
