"""Makes releases that are no copy of this tree: the tree with more revisions, and the code that goes with them."""

import os
import sys
from pathlib import Path

from scripts.releases.making import N_PLUS_1, changed, copied
from tests.cluster.images import bring, run
from tests.server import embedded

RELEASES = Path(__file__).parents[1] / "releases"
TREE = ("Containerfile", ".containerignore", "db", "requirements", "scripts", "service")
GIT = ("git", "-c", "user.name=rehearsal", "-c", "user.email=rehearsal@invalid")


def make(scratch: Path, *changes: str) -> str:
    """Build and load what these folders of changes make of this tree; answers the release's name."""
    release = "-".join(("rehearsal", *changes)).replace("_", "-")
    root = scratch / release
    copied(root, TREE)
    for change in changes:
        changed(root, folder_of(change))
        lock(root)
    # A repository of its own, since a build tells the commit it was made from.
    run("git", "init", "--quiet", cwd=root)
    run(*GIT, "add", ".", cwd=root)
    run(*GIT, "commit", "--quiet", "--message=Release", cwd=root)
    bring(root, release)
    return release


def folder_of(change: str) -> Path:
    """N+1 is shown elsewhere too; what else happens to releases only the cluster needs."""
    return N_PLUS_1 if change == N_PLUS_1.name else RELEASES / change


def lock(root: Path) -> None:
    """Write the lockfile, as scripts/lock does."""
    with embedded.running() as server:
        url = server.url
        assert url.password
        text = f"postgresql://{url.user}:{url.password.reveal()}@{url.address}"
        run(sys.executable, "-m", "db", "lock", cwd=root, env=os.environ | {"DATABASE_URL": text})
