"""What may go before a migration and after it: scripts of the overlay, a dump, and the gate beside another program."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from db.contract.url import DatabaseUrl
from tests.manifests.rendering import KUSTOMIZE, Object, Renderer, containers, named

OVERLAY = """
resources: [../base, application.yaml]
components: [{components}]
configMapGenerator:
  - {{name: calcio-migrate, behavior: merge, literals: [RELEASE=v1]}}
"""
APPLICATION = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: application
  labels: {calcio.dev/gate: sidecar, app.kubernetes.io/version: RELEASE}
  annotations: {kubernetes.io/change-cause: RELEASE}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: application}}
  template:
    metadata: {labels: {app.kubernetes.io/name: application, app.kubernetes.io/version: RELEASE}}
    spec:
      containers: [{name: application, image: "application:RELEASE"}]
"""


def rendered(tree: Path, renderer: Renderer, *components: str) -> list[Object]:
    folder = tree / "kustomize" / "alone"
    folder.mkdir()
    (folder / "application.yaml").write_text(APPLICATION)
    paths = ", ".join(f"../components/{component}" for component in [*components, "release"])
    (folder / "kustomization.yaml").write_text(OVERLAY.format(components=paths))
    return renderer.objects(folder)


def pod(objects: list[Object], kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = named(objects, kind, name)["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize(
    "component", ["prepare-and-clean-up", "back-up-before-migrating", "gate-with-sidecar"]
)
def test_added_containers_are_as_restricted_as_the_others(
    tree: Path, renderer: Renderer, component: str
) -> None:
    """What a component adds is admitted where the base is, has limits, the release's tag, and its settings."""
    objects = rendered(tree, renderer, component)
    settings = {found["metadata"]["name"] for found in objects if found["kind"] == "ConfigMap"}
    for kind, name in [("Job", "calcio-migrate"), ("Job", "calcio-cleanup"), ("Deployment", "application")]:
        if not any(name in found["metadata"]["name"] for found in objects if found["kind"] == kind):
            continue
        for container in containers(pod(objects, kind, name)):
            if container["name"] == "application":
                continue
            assert container["image"].partition(":")[2] in {"v1", "17"}
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}
            for source in container.get("envFrom", []):
                assert source["configMapRef"]["name"] in settings


def test_preparing_goes_before_migrating(tree: Path, renderer: Renderer) -> None:
    """In the Job's own pod, so that a failure there keeps the migration from beginning."""
    objects = rendered(tree, renderer, "prepare-and-clean-up")
    (prepare,) = pod(objects, "Job", "calcio-migrate")["initContainers"]
    assert "prepare.py" in prepare["command"][-1]


def test_cleaning_up_waits_for_the_schema(tree: Path, renderer: Renderer) -> None:
    """A Job of its own, of this release, that begins when its image could serve."""
    objects = rendered(tree, renderer, "prepare-and-clean-up")
    job = named(objects, "Job", "calcio-cleanup")
    assert job["metadata"]["name"].startswith("calcio-cleanup-v1-")
    (wait,) = job["spec"]["template"]["spec"]["initContainers"]
    assert wait["args"] == ["wait"]


def test_the_rollout_outlasts_the_dump(tree: Path, renderer: Renderer) -> None:
    """A dump takes from the Job's deadline, so that is longer, and the rollout's is longer still."""
    objects = rendered(tree, renderer, "back-up-before-migrating")
    deadline_s = named(objects, "Job", "calcio-migrate")["spec"]["activeDeadlineSeconds"]
    assert (
        3600 < deadline_s < named(objects, "Deployment", "calcio-service")["spec"]["progressDeadlineSeconds"]
    )


def test_the_dump_is_told_nothing_by_arguments(tree: Path, renderer: Renderer) -> None:
    """First it is asked whether anything is pending, then dumped; what opens the database lies in memory."""
    spec = pod(rendered(tree, renderer, "back-up-before-migrating"), "Job", "calcio-migrate")
    assert [container["name"] for container in spec["initContainers"]] == ["look", "back-up"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["handover"]["emptyDir"]["medium"] == "Memory"
    assert re.findall(r"--dbname|postgres(?:ql)?://", str(spec["initContainers"])) == []


@pytest.mark.parametrize("password", ["secret", "a:b\\c", " blank ", "#x=y", "p'q\"r"])
def test_every_password_is_handed_over_whole(tmp_path: Path, password: str) -> None:
    """libpq reads from the files what the URL meant, and only the owner reads the files."""
    look = runpy.run_path(str(KUSTOMIZE / "components/back-up-before-migrating/look.py"))
    url = DatabaseUrl.parse("postgresql://calcio@db.example.org:5433/calcio?sslmode=require")
    look["hand_over"]({**url.for_psycopg2(), "password": password}, tmp_path)
    escaped = (tmp_path / "passfile").read_text().removeprefix("*:*:*:*:").removesuffix("\n")
    assert re.sub(r"\\(.)", r"\1", escaped) == password
    assert (tmp_path / "passfile").stat().st_mode & 0o777 == 0o600
    service = (tmp_path / "service.conf").read_text().splitlines()
    assert service[0] == "[calcio]"
    assert {"host=db.example.org", "port=5433", "user=calcio", "dbname=calcio", "sslmode=require"} == set(
        service[1:]
    )


def test_the_gate_stands_beside_whoever_asks_for_it(tree: Path, renderer: Renderer) -> None:
    """A sidecar with the release's lockfile, in the labelled Deployment and in no other."""
    objects = rendered(tree, renderer, "gate-with-sidecar")
    lockfile, gate = pod(objects, "Deployment", "application")["initContainers"]
    assert lockfile["image"] == "calcio-migrate:v1"
    assert gate["restartPolicy"] == "Always"
    assert gate["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "management"}
    assert "initContainers" not in pod(objects, "Deployment", "calcio-service")
