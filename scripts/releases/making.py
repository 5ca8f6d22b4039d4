"""Makes another release of this tree: a copy, its code changed, and revisions on top of the head there is."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from db.contract import lockfile
from db.contract.refusal import ExitCode, Refusal

ROOT = Path(__file__).resolve().parents[2]
N_PLUS_1 = Path(__file__).parent / "n_plus_1"
CODE = ("db", "service")


def copied(to: Path, parts: Iterable[str] = CODE) -> None:
    """Copy these parts of the tree, with what Python has compiled of them, into a folder that is made."""
    to.mkdir()
    for part in parts:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, to / part)


def changed(root: Path, change: Path) -> None:
    """Change the copy by a folder's patches and add its revisions; its lockfile is to be written again.

    Raises Refusal with 65 where the code is no longer what a patch was made for.
    """
    for patch in sorted(change.glob("*.patch")):
        patched(root, patch.read_text())
    head = lockfile.read_entries(root / "db/revisions.lock")[-1].revision.revision
    for script in change.glob("versions/*.py"):
        text = script.read_text().replace('"HEAD"', f'"{head}"')
        (root / "db/migrations/versions" / script.name).write_text(text)


def patched(root: Path, patch: str) -> None:
    """Apply a unified diff by its lines alone, wherever they stand: who has Python need not have git."""
    for file in re.split(r"^--- .*\n", patch, flags=re.MULTILINE)[1:]:
        name, *hunks = re.split(r"^@@ .*\n", file, flags=re.MULTILINE)
        path = root / name.removeprefix("+++ b/").strip()
        text = path.read_text()
        for hunk in hunks:
            lines = hunk.splitlines(keepends=True)
            before, after = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
            if (times := text.count(before)) != 1:
                raise Refusal(
                    ExitCode.SCRIPTS,
                    f"{path.name} has the lines that a patch changes {times} times, expected once:\n{before}",
                    f"Write the patches of {N_PLUS_1.parent} anew",
                )
            text = text.replace(before, after)
        path.write_text(text)
