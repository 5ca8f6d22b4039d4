"""The development overlay, copied to where a test may give it a namespace and a release of its own."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Overlay:
    """A copy of kustomize/ and of the script that renders it."""

    root: Path

    @classmethod
    def copied(cls, to: Path, namespace: str, release: str) -> "Overlay":
        shutil.copytree(ROOT / "kustomize", to / "kustomize")
        (to / "scripts").mkdir()
        shutil.copy(ROOT / "scripts/render", to / "scripts")
        overlay = cls(to)
        for file in ("kustomization.yaml", "namespace.yaml"):
            overlay.change(file, "calcio-dev", namespace)
        overlay.change("release.env", r"(?m)^RELEASE=.*$", f"RELEASE={release}")
        return overlay

    @property
    def folder(self) -> Path:
        return self.root / "kustomize/overlays/dev"

    def change(self, file: str, pattern: str, text: str) -> None:
        path = self.folder / file
        changed, count = re.subn(pattern, text, path.read_text())
        assert count, f"{file} holds no {pattern}"
        path.write_text(changed)

    def patch(self, selector: str, *operations: dict[str, object]) -> None:
        """Add a JSON patch of the objects with these labels."""
        path = self.folder / "kustomization.yaml"
        kustomization = yaml.safe_load(path.read_text())
        patch = {"target": {"labelSelector": selector}, "patch": yaml.safe_dump(list(operations))}
        kustomization["patches"] = [*kustomization.get("patches", []), patch]
        path.write_text(yaml.safe_dump(kustomization))

    def rendered(self) -> str:
        rendering = subprocess.run(
            [self.root / "scripts/render", "dev"], capture_output=True, text=True, check=False
        )
        assert rendering.returncode == 0, rendering.stderr
        return rendering.stdout
