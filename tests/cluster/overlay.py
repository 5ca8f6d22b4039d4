"""The development overlay, copied to where a test may give it a namespace and a release of its own."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        overlay.release(release)
        return overlay

    @property
    def folder(self) -> Path:
        return self.root / "kustomize/overlays/dev"

    def release(self, release: str) -> None:
        """Edit the one line that a release edits."""
        self.change("release.env", r"(?m)^RELEASE=.*$", f"RELEASE={release}")

    def change(self, file: str, pattern: str, text: str) -> None:
        path = self.folder / file
        changed, count = re.subn(pattern, text, path.read_text())
        assert count, f"{file} holds no {pattern}"
        path.write_text(changed)

    def patch(self, selector: str, *operations: Mapping[str, object]) -> None:
        """Add a JSON patch of the objects with these labels."""
        patch: dict[str, object] = {
            "target": {"labelSelector": selector},
            "patch": yaml.safe_dump(list(operations)),
        }
        self._add("patches", patch)

    def setting(self, name: str, settings: Mapping[str, object]) -> None:
        """Merge settings into the ConfigMap of this name."""
        literals = [f"{key}={value}" for key, value in settings.items()]
        self._add("configMapGenerator", {"name": name, "behavior": "merge", "literals": literals})

    def use(self, component: str, *, wanted: bool = True) -> None:
        """List the component, or list it no more; `release` stays the last one."""
        path = f"../../components/{component}"
        kustomization = self._read()
        others = [other for other in kustomization["components"] if other != path]
        kustomization["components"] = [path, *others] if wanted else others
        self._write(kustomization)

    def rendered(self, environment: str = "dev") -> str:
        rendering = subprocess.run(
            [self.root / "scripts/render", environment], capture_output=True, text=True, check=False
        )
        assert rendering.returncode == 0, rendering.stderr
        return rendering.stdout

    def _add(self, key: str, item: dict[str, object]) -> None:
        kustomization = self._read()
        self._write({**kustomization, key: [*kustomization.get(key, []), item]})

    def _read(self) -> dict[str, Any]:
        read: dict[str, Any] = yaml.safe_load((self.folder / "kustomization.yaml").read_text())
        return read

    def _write(self, kustomization: dict[str, Any]) -> None:
        (self.folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization, sort_keys=False))
