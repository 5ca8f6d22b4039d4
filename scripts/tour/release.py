"""The two releases of the tour: this tree, and what a change makes of a copy of it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from db.contract.lockfile import Entry, read_entries
from db.contract.refusal import ExitCode, Refusal
from scripts.releases.making import N_PLUS_1, changed, copied
from scripts.tour.place import OWNER, Place
from scripts.tour.processes import ROOT, guarded
from tests.server.embedded import write_private
from tests.server.roles import fresh_database


@dataclass(frozen=True)
class Release:
    """What an image would hold: code, and the lockfile that says which schema it suits."""

    name: str
    root: Path

    @property
    def revisions(self) -> tuple[Entry, ...]:
        """What its lockfile holds, in its order."""
        return read_entries(self.root / "db/revisions.lock")


FIRST = Release("v1", ROOT)


def make_second(place: Place, folder: Path) -> Release:
    """Copy the tree into the folder, change the code that reads a column, and add the revisions that move it."""
    second = Release("v2", folder / "v2")
    copied(second.root)
    changed(second.root, N_PLUS_1)
    with fresh_database(place.server.url, OWNER) as name:
        scratch = place.folder / "scratch-url"
        write_private(scratch, place.owner_url_file.read_text().rpartition("/")[0] + f"/{name}")
        lock(second, scratch)
    return second


def lock(release: Release, url_file: Path) -> None:
    """Write its lockfile as scripts/lock does, with the locks that its revisions take on an empty database."""
    settings = {"DATABASE_URL_FILE": str(url_file)}
    with guarded(["db", "lock"], settings, subprocess.PIPE, release.root) as process:
        said = "".join(process.stdout or ())
        code = process.wait()
    if code != ExitCode.DONE:
        raise Refusal(ExitCode.INTERNAL, f"`python -m db lock` ended with {code}, expected 0: {said.strip()}")
