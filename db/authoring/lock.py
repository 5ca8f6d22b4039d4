"""`lock`: writes db/revisions.lock from the revision scripts, or says how the two differ."""

from collections.abc import Callable, Sequence
from pathlib import Path

from db.contract.lockfile import LOCKFILE, Entry, read_entries, render
from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl
from db.contract.value import replace
from db.runner import histories, locked, rules, scripts
from db.runner.environment import load
from db.runner.settings import RunnerSettings


def check(path: Path = Path(LOCKFILE)) -> str:
    """Answer that the lockfile is what the scripts say; raises Refusal with 65 where it is not."""
    entries = _with_locks(_entries(), path)
    if path.read_text(encoding="utf-8") != render(entries):
        raise Refusal(ExitCode.SCRIPTS, f"{path.name} is not what the scripts say", locked.REMEDY)
    return f"{path.name} is what the scripts say: {len(entries)} revisions"


def write(scratch: Callable[[], DatabaseUrl], path: Path = Path(LOCKFILE)) -> str:
    """Write the lockfile, with the locks that new scripts take on the empty database `scratch`.

    Raises Refusal with 65 where the scripts are no history.
    """
    entries = _with_locks(_entries(), path) if path.exists() else _entries()
    if any(entry.revision.locks is None for entry in entries):
        # Imported here, since a check needs neither a database nor what measures.
        from db.authoring.measure import measure

        measured = measure(load(Path(locked.MIGRATIONS)), scratch())
        entries = tuple(
            replace(entry, revision=replace(entry.revision, locks=measured[entry.revision.revision]))
            for entry in entries
        )
    path.write_text(render(entries), encoding="utf-8")
    return f"{path.name} holds {len(entries)} revisions, head {entries[-1].revision.revision}"


def write_of(settings: RunnerSettings, path: Path | None) -> str:
    """Write the lockfile of another project's history, for the image of its service, to `path` or beside its env.py.

    Nobody measures its locks. Raises Refusal with 65 where its scripts are no history.
    """
    known = histories.known(settings, several_heads=True)
    strict = settings.undeclared == "strict"
    entries = scripts.read(known.scripts().directory, undeclared_breaks=strict)
    path = path or known.scripts().folder / Path(LOCKFILE).name
    path.write_text(render(entries), encoding="utf-8")
    gate = f"its gate needs CALCIO_SCHEMA={known.history.schema} CALCIO_VERSION_TABLE={known.history.version_table}"
    heads = ", ".join(known.image.heads)
    return f"{path} holds {len(entries)} revisions, head {heads}; {gate}"


def _entries() -> tuple[Entry, ...]:
    entries = scripts.read(load(Path(locked.MIGRATIONS)).directory)
    rules.demand(entry.revision for entry in entries)
    return entries


def _with_locks(entries: Sequence[Entry], path: Path) -> tuple[Entry, ...]:
    """`entries` with the locks that were measured of scripts that are still the same."""
    measured = {
        (entry.revision.revision, entry.revision.digest): entry.revision.locks for entry in read_entries(path)
    }
    return tuple(
        replace(
            entry,
            revision=replace(
                entry.revision, locks=measured.get((entry.revision.revision, entry.revision.digest))
            ),
        )
        for entry in entries
    )
