"""What must hold for every overlay, whoever renders it."""

import re
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from tests.manifests.rendering import KUSTOMIZE, RENDERERS, Object, Renderer, containers, of_kind, pods

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SCHEMAS = ["1.32.0", "1.35.0", kubernetes_validate.latest_version()]
CORE = re.compile(r"v1|(apps|batch|policy)/v1|[a-z.]+\.k8s\.io/v1")


def test_names_are_dns_labels(objects: list[Object]) -> None:
    """No name is too long or of a kind that a server refuses."""
    names = [found["metadata"]["name"] for found in objects]
    assert [name for name in names if not DNS_LABEL.fullmatch(name)] == []


def test_everything_lies_in_the_namespace_of_the_overlay(objects: list[Object], overlay: Path) -> None:
    """One environment is one namespace, and only dev makes its own."""
    namespace = f"calcio-{overlay.relative_to(KUSTOMIZE / 'overlays').parts[0]}"
    assert {found["metadata"].get("namespace", found["metadata"]["name"]) for found in objects} == {namespace}
    assert [found["metadata"]["name"] for found in of_kind(objects[:1], "Namespace")] == (
        [namespace] if overlay.name == "dev" else []
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_objects_follow_the_schema_of_kubernetes(objects: list[Object], schema: str) -> None:
    """No field is misspelt or of another type, in the oldest and the newest Kubernetes."""
    for found in objects:
        if CORE.fullmatch(found["apiVersion"]):
            kubernetes_validate.validate(found, schema, strict=True)


def test_rendering_again_changes_nothing(overlay: Path, renderer: Renderer) -> None:
    """The same files are the same objects, so applying twice is applying once."""
    assert renderer.text(overlay) == renderer.text(overlay)


def test_all_renderers_agree(overlay: Path, renderer: Renderer) -> None:
    """Whoever renders gets the same objects under the same names."""
    assert renderer.objects(overlay) == RENDERERS[0].objects(overlay)


def test_all_images_of_calcio_bear_the_release(objects: list[Object], overlay: Path) -> None:
    """One line of release.env is the tag of each image, of the Jobs' and of the service's."""
    release = (overlay / "release.env").read_text().strip().removeprefix("RELEASE=")
    images = {container["image"] for _, pod in pods(objects) for container in containers(pod)}
    ours = {image for image in images if "calcio-" in image}
    assert {image.rpartition(":")[2] for image in ours} == {release}
    assert images - ours <= {"postgres:17"}


def test_only_development_finds_its_images_without_a_registry(objects: list[Object], overlay: Path) -> None:
    """Elsewhere an image comes from the registry of its namespace, and is asked for each time."""
    local = overlay.name == "dev"
    for _, pod in pods(objects):
        for container in containers(pod):
            assert ("/" not in container["image"]) == local
            assert (container.get("imagePullPolicy", "IfNotPresent") == "IfNotPresent") == local


def test_the_management_port_is_in_no_service_and_no_route(objects: list[Object]) -> None:
    """Probes and metrics are not what clients get to see."""
    for service in of_kind(objects, "Service"):
        assert "management" not in {port["targetPort"] for port in service["spec"]["ports"]}
    for route in of_kind(objects, "Route"):
        assert route["spec"]["port"] == {"targetPort": "http"}
        assert route["spec"]["tls"] == {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"}


def test_no_secret_is_rendered(overlay: Path, renderer: Renderer) -> None:
    """Passwords come from the cluster: no manifest holds a Secret or a URL with a password."""
    text = renderer.text(overlay)
    assert "\nkind: Secret\n" not in text
    assert re.findall(r"postgres(?:ql)?://[^{\s]*:[^{\s]*@", text) == []
