"""Reads a history from its scripts, and compares it with the lockfile."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.contract.lineage import Clause, Phase, Revision
from db.contract.lockfile import Entry
from db.contract.refusal import ExitCode, Refusal
from db.runner.digest import digest, mentions

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

MIGRATIONS = Path(__file__).parent.parent / "migrations"
REMEDY = "Run scripts/lock, commit db/revisions.lock, and build the image again"
# What a script names when it does not stay within one transaction.
ANNOUNCED = frozenset({"autocommit_block", "db.operations", "db.backfill"})


def compare(entries: Iterable[Entry], versions: Path = MIGRATIONS / "versions") -> None:
    """Raise Refusal with 65 where the scripts in `versions` are not those that the lockfile's `entries` name."""
    differing = list(_differing(tuple(entries), versions))
    if differing:
        raise Refusal(
            ExitCode.SCRIPTS, f"db/revisions.lock is not what the scripts say: {'; '.join(differing)}", REMEDY
        )


def read(script: "ScriptDirectory", *, undeclared_breaks: bool = False) -> tuple[Entry, ...]:
    """The lockfile's entries for the scripts of `script`, each after those that it stands on.

    With `undeclared_breaks`, a revision that says nothing of itself is taken to break all code older than it.
    Raises Refusal with 65 for a script that can't be read, and for a declaration that means nothing.
    """
    # Importing Alembic costs more than a whole run that has nothing to do: see db/runner/run.py.
    from alembic.util import CommandError

    try:
        revisions = list(script.walk_revisions())[::-1]
    except (CommandError, SyntaxError, ImportError, NameError, AttributeError, KeyError) as error:
        raise Refusal(
            ExitCode.SCRIPTS, f"the revision scripts can't be read: {type(error).__name__}: {error}"
        ) from error
    return tuple(_entry(revision, undeclared_breaks=undeclared_breaks) for revision in revisions)


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
    try:
        return digest(content.decode()) == entry.revision.digest
    except (SyntaxError, UnicodeDecodeError):
        return False


def _entry(script: "Script", *, undeclared_breaks: bool) -> Entry:
    path = Path(script.path)
    source = path.read_text(encoding="utf-8")
    try:
        phase = Phase(getattr(script.module, "phase", Phase.EXPAND))
        breaks = tuple(Clause(since, until) for since, until in getattr(script.module, "breaks", ()))
        if undeclared_breaks and not (hasattr(script.module, "phase") or hasattr(script.module, "breaks")):
            breaks = (Clause(None, script.revision),)
    except (ValueError, TypeError) as error:
        raise Refusal(
            ExitCode.SCRIPTS,
            f"{path.name} declares a phase or a breaks that means nothing",
            f"A phase is one of {', '.join(Phase)}; breaks is a list of (since, until)",
        ) from error
    revision = Revision(
        revision=script.revision,
        down_revisions=_tuple(script.down_revision),
        depends_on=_tuple(script.dependencies),
        phase=phase,
        breaks=breaks,
        required=bool(getattr(script.module, "required", phase not in {Phase.DATA, Phase.CONTRACT})),
        digest=digest(source),
        replaces=_tuple(getattr(script.module, "replaces", None)),
        announced=not ANNOUNCED.isdisjoint(mentions(source)),
    )
    return Entry(revision, path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def _tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
