"""Makes releases that are no copy of this tree: the tree with more revisions, and the code that goes with them."""

import os
import shutil
import sys
from pathlib import Path

from db.contract import lockfile
from tests.cluster.images import bring, run
from tests.server import embedded

ROOT = Path(__file__).parents[3]
RELEASES = Path(__file__).parents[1] / "releases"
TREE = ("Containerfile", ".containerignore", "db", "requirements", "scripts", "service")
GIT = ("git", "-c", "user.name=rehearsal", "-c", "user.email=rehearsal@invalid")


def make(scratch: Path, *changes: str) -> str:
    """Build and load what these folders of tests/cluster/releases make of this tree; answers the release's name."""
    release = "-".join(("rehearsal", *changes)).replace("_", "-")
    root = scratch / release
    copied(root)
    for change in changes:
        changed(root, RELEASES / change)
    # A repository of its own, since a build tells the commit it was made from.
    run(*GIT, "add", ".", cwd=root)
    run(*GIT, "commit", "--quiet", "--message=Release", cwd=root)
    bring(root, release)
    return release


def copied(to: Path) -> None:
    to.mkdir()
    for part in TREE:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, to / part)
    run("git", "init", "--quiet", cwd=to)


def changed(root: Path, change: Path) -> None:
    """Patch the code, add the revisions on top of the head there is, and lock them."""
    for patch in change.glob("*.patch"):
        run("git", "apply", str(patch), cwd=root)
    head = lockfile.read_entries(root / "db/revisions.lock")[-1].revision.revision
    for script in change.glob("versions/*.py"):
        text = script.read_text().replace('"HEAD"', f'"{head}"')
        (root / "db/migrations/versions" / script.name).write_text(text)
    lock(root)


def lock(root: Path) -> None:
    """Write the lockfile, as scripts/lock does."""
    with embedded.running() as server:
        url = server.url
        assert url.password
        text = f"postgresql://{url.user}:{url.password.reveal()}@{url.address}"
        run(sys.executable, "-m", "db", "lock", cwd=root, env=os.environ | {"DATABASE_URL": text})
