"""Compares the revision scripts of an image with its lockfile."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from db.contract.lockfile import Entry
from db.contract.refusal import ExitCode, Refusal

MIGRATIONS = Path(__file__).parent.parent / "migrations"
REMEDY = "Run scripts/lock, commit db/revisions.lock, and build the image again"


def compare(entries: Iterable[Entry], versions: Path = MIGRATIONS / "versions") -> None:
    """Raise Refusal with 65 where the scripts in `versions` are not those that the lockfile's `entries` name."""
    differing = list(_differing(tuple(entries), versions))
    if differing:
        raise Refusal(
            ExitCode.SCRIPTS, f"db/revisions.lock is not what the scripts say: {'; '.join(differing)}", REMEDY
        )


def _differing(entries: tuple[Entry, ...], versions: Path) -> Iterator[str]:
    for name in sorted({path.name for path in versions.glob("*.py")} - {entry.file for entry in entries}):
        yield f"{name} is not in it"
    for entry in entries:
        path = versions / entry.file
        if not path.is_file():
            yield f"{entry.file} is not there"
        elif not _is_as_locked(path.read_bytes(), entry):
            yield f"{entry.file} was changed"


def _is_as_locked(content: bytes, entry: Entry) -> bool:
    if hashlib.sha256(content).hexdigest() == entry.file_sha256:
        return True
    # Only bytes that differ are worth the import of what parses them.
    from db.runner.digest import digest

    try:
        return digest(content.decode()) == entry.revision.digest
    except (SyntaxError, UnicodeDecodeError):
        return False
