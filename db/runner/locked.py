"""Compares the revision scripts of an image with its lockfile."""

from collections.abc import Iterable, Iterator

from db.contract import files
from db.contract.files import FilePath
from db.contract.lockfile import Entry
from db.contract.refusal import ExitCode, Refusal
from db.runner.sha256 import sha256

MIGRATIONS = files.inside(files.above(files.above(__file__)), "migrations")
VERSIONS = files.inside(MIGRATIONS, "versions")
REMEDY = "Run scripts/lock, commit db/revisions.lock, and build the image again"


def compare(entries: Iterable[Entry], versions: FilePath = VERSIONS) -> None:
    """Raise Refusal with 65 where the scripts in `versions` are not those that the lockfile's `entries` name."""
    differing = list(_differing(tuple(entries), versions))
    if differing:
        raise Refusal(
            ExitCode.SCRIPTS, f"db/revisions.lock is not what the scripts say: {'; '.join(differing)}", REMEDY
        )


def _differing(entries: tuple[Entry, ...], versions: FilePath) -> Iterator[str]:
    for name in sorted(files.names(versions, ".py") - {entry.file for entry in entries}):
        yield f"{name} is not in it"
    for entry in entries:
        try:
            content = files.content(files.inside(versions, entry.file))
        except (FileNotFoundError, IsADirectoryError):
            yield f"{entry.file} is not there"
        else:
            if not _is_as_locked(content, entry):
                yield f"{entry.file} was changed"


def _is_as_locked(content: bytes, entry: Entry) -> bool:
    if sha256(content).hexdigest() == entry.file_sha256:
        return True
    # Only bytes that differ are worth the import of what parses them.
    from db.runner.digest import digest

    try:
        return digest(content.decode()) == entry.revision.digest
    except (SyntaxError, UnicodeDecodeError):
        return False
