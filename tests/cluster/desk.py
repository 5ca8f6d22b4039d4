"""A desk: the overlays and the scripts, copied, where a test starts them as people do."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.kubectl import Namespace, kubectl, namespace
from tests.cluster.overlay import ROOT, Overlay

DEADLINE_S = 420  # of a script that has a deadline of its own


@dataclass(frozen=True)
class Ended:
    """How a script ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """The environment `dev`, in a namespace of its own."""

    place: Namespace
    overlay: Overlay

    def run(self, script: str, *arguments: object) -> Ended:
        command = [str(self.overlay.root / "scripts" / script), *map(str, arguments)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        return Ended(ran.returncode, ran.stdout, ran.stderr)

    @contextmanager
    def trying(self) -> Iterator[Overlay]:
        """The overlay, to change it; after the block it is as it was."""
        path = self.overlay.folder / "kustomization.yaml"
        before = path.read_text()
        yield self.overlay
        path.write_text(before)


@contextmanager
def desk(folder: Path, release: str) -> Iterator[Desk]:
    """A desk with nothing deployed yet; its namespace goes after the block."""
    with namespace() as place:
        overlay = Overlay.copied(folder, place.name, release)
        shutil.copytree(ROOT / "scripts", folder / "scripts", dirs_exist_ok=True)
        kubectl("apply", f"--filename={overlay.folder}/namespace.yaml")
        yield Desk(place, overlay)
