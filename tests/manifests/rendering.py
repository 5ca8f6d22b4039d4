"""Renders overlays with every kustomize at hand, and finds its way through what comes out."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / "kustomize"
OVERLAYS = sorted(
    str(found.parent.relative_to(KUSTOMIZE / "overlays"))
    for found in KUSTOMIZE.glob("overlays/**/kustomization.yaml")
)
ENVIRONMENTS = [overlay for overlay in OVERLAYS if "/" not in overlay]
COMPONENTS = sorted(found.parent.name for found in KUSTOMIZE.glob("components/*/kustomization.yaml"))


class Renderer(NamedTuple):
    """One of the programs that users render with."""

    command: tuple[str, ...]

    def text(self, folder: Path) -> str:
        done = subprocess.run([*self.command, str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def objects(self, folder: Path) -> list[Object]:
        return list(yaml.safe_load_all(self.text(folder)))


RENDERERS = [
    Renderer(command)
    for command in [("kustomize", "build"), ("oc", "kustomize"), ("kubectl", "kustomize")]
    if shutil.which(command[0])
]


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [found for found in objects if found["kind"] in kinds]


def named(objects: list[Object], kind: str, name: str) -> Object:
    """The one object whose name is `name`, or begins so where the release and a hash follow."""
    (found,) = [
        found for found in of_kind(objects, kind) if f"{found['metadata']['name']}-".startswith(f"{name}-")
    ]
    return found


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Each pod template's owner and spec."""
    for found in of_kind(objects, "Job", "Deployment", "StatefulSet"):
        yield found["metadata"]["name"], found["spec"]["template"]["spec"]


def containers(pod: Object) -> list[Object]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def environment(objects: list[Object], pod: Object) -> dict[str, str]:
    """What the ConfigMaps of a pod's first container put into its environment."""
    maps = {found["metadata"]["name"]: found["data"] for found in of_kind(objects, "ConfigMap")}
    merged: dict[str, str] = {}
    for source in pod["containers"][0].get("envFrom", []):
        merged |= maps[source["configMapRef"]["name"]]
    return merged
