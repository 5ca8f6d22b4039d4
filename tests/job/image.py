"""An image: this code with another history, as a folder from which `python -m db` runs."""

from dataclasses import dataclass
from pathlib import Path

from db.contract.lockfile import Entry, render
from db.contract.value import replace
from db.runner.environment import load
from db.runner.scripts import read
from tests.job.scripts import Script
from tests.repository.tree import ROOT

OWN = {"migrations", "revisions.lock", "__pycache__"}


@dataclass(frozen=True)
class Image:
    """The folder that the image's /app would be."""

    folder: Path

    @property
    def migrations(self) -> Path:
        return self.folder / "db" / "migrations"

    @property
    def lockfile(self) -> Path:
        return self.folder / "db" / "revisions.lock"

    def script(self, id_: str) -> Path:
        return self.migrations / "versions" / f"{id_}.py"


# What lies beside a checkout is the image with this project's own history.
OURS = Image(ROOT)


def build(folder: Path, *scripts: Script, lock: bool = True) -> Image:
    """An image of `scripts`, which stand in the order of a lockfile; without `lock`, nobody ran scripts/lock."""
    image = Image(folder)
    (image.migrations / "versions").mkdir(parents=True)
    for path in (ROOT / "db").iterdir():
        if path.name not in OWN:
            (folder / "db" / path.name).symlink_to(path)
    (image.migrations / "env.py").symlink_to(ROOT / "db" / "migrations" / "env.py")
    for script in scripts:
        image.script(script.id).write_text(script.text)
    entries = read(load(image.migrations).directory) if lock else ()
    measured = {script.id for script in scripts if script.is_measured}
    image.lockfile.write_text(
        render(_measured(entry) if entry.revision.revision in measured else entry for entry in entries)
    )
    return image


def _measured(entry: Entry) -> Entry:
    """The entry as scripts/lock writes it, of a script whose locks are of no note."""
    return replace(entry, revision=replace(entry.revision, locks=()))
