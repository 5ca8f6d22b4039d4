"""The Job that takes revisions back: applied alone and on purpose, on the terms of the Job that brought them."""

from pathlib import Path

import pytest

from tests.manifests.rendering import Object, Renderer, named

OVERLAY = "kustomize/overlays/prod/roll-back-schema"


def rendered(tree: Path, renderer: Renderer, *settings: str, release: str = "v1") -> list[Object]:
    """What is applied where downgrade.env says this."""
    (tree / OVERLAY / "release.env").write_text(f"RELEASE={release}\n")
    (tree / OVERLAY / "downgrade.env").write_text("".join(f"{setting}\n" for setting in settings))
    return renderer.objects(tree / OVERLAY)


def test_it_takes_nothing_else_along(tree: Path, renderer: Renderer) -> None:
    """Who applies it rolls nothing out and migrates nothing: it is one Job and its settings, not suspended."""
    settings, job = rendered(tree, renderer, "TO=0006")
    assert (settings["kind"], job["kind"]) == ("ConfigMap", "Job")
    assert settings["metadata"]["name"] == job["metadata"]["name"]
    assert "suspend" not in job["spec"]


def test_it_goes_where_the_overlay_says(tree: Path, renderer: Renderer) -> None:
    """Revision and accepted loss reach the command line as they were written, from the Job's own settings."""
    settings, job = rendered(tree, renderer, "TO=0006", "ACCEPT_LOSS=1234e56")
    assert settings["data"]["TO"] == "0006"
    assert settings["data"]["ACCEPT_LOSS"] == "1234e56"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["downgrade", "$(TO)", "--accept-loss=$(ACCEPT_LOSS)"]
    assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]


def test_the_repository_goes_nowhere(renderer: Renderer) -> None:
    """Applied as it lies there it is refused, for it says no revision: manifests name none."""
    settings = renderer.objects(Path(__file__).parents[2] / OVERLAY)[0]
    assert not settings["data"].keys() & {"TO", "ACCEPT_LOSS"}


@pytest.mark.parametrize("settings", [("TO=0005",), ("TO=0006", "ACCEPT_LOSS=abc"), ("TO=0006", "ATTEMPT=2")])
def test_another_way_back_is_another_job(tree: Path, renderer: Renderer, settings: tuple[str, ...]) -> None:
    """A Job can't be changed, so another target, another acceptance or another attempt gets one of its own."""
    names = [rendered(tree, renderer, *said)[1]["metadata"]["name"] for said in [("TO=0006",), settings]]
    assert names[0] != names[1]


def test_the_longest_release_fits(tree: Path, renderer: Renderer) -> None:
    """No release is too long to be taken back."""
    _, job = rendered(tree, renderer, "TO=0006", release="a" * 37)
    assert len(job["metadata"]["name"]) <= 63


def test_it_runs_under_the_terms_of_migrate(tree: Path, renderer: Renderer) -> None:
    """Account, secrets, limits and network are those of the Job that brought the revisions."""
    job = rendered(tree, renderer, "TO=0006")[1]
    migrate = named(renderer.objects(tree / "kustomize/overlays/prod"), "Job", "calcio-migrate")
    pods = [found["spec"]["template"]["spec"] for found in [job, migrate]]
    for pod in pods:
        (container,) = pod["containers"]
        container |= {"name": "", "args": [], "envFrom": [], "image": container["image"].rpartition(":")[0]}
    assert pods[0] == pods[1]
