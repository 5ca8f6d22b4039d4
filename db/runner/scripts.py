"""Reads a history from its scripts."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.contract.lineage import Clause, Phase, Revision
from db.contract.lockfile import Entry
from db.contract.refusal import ExitCode, Refusal
from db.runner.digest import digest, mentions

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

# What a script names when it does not stay within one transaction.
ANNOUNCED = frozenset({"autocommit_block", "COMMIT", "db.operations", "db.backfill"})


def read(script: "ScriptDirectory", *, undeclared_breaks: bool = False) -> tuple[Entry, ...]:
    """The lockfile's entries for the scripts of `script`, each after those that it stands on.

    With `undeclared_breaks`, a revision that says nothing of itself is taken to break all code older than it.
    Raises Refusal with 65 for a declaration that means nothing.
    """
    revisions = list(script.walk_revisions())[::-1]
    return tuple(_entry(revision, undeclared_breaks=undeclared_breaks) for revision in revisions)


def _entry(script: "Script", *, undeclared_breaks: bool) -> Entry:
    path = Path(script.path)
    content = path.read_bytes()
    source = content.decode()
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
        depends_on=script._resolved_dependencies,
        phase=phase,
        breaks=breaks,
        required=bool(getattr(script.module, "required", phase not in {Phase.DATA, Phase.CONTRACT})),
        digest=digest(source),
        replaces=_tuple(getattr(script.module, "replaces", None)),
        announced=not ANNOUNCED.isdisjoint(mentions(source)),
    )
    return Entry(revision, path.name, hashlib.sha256(content).hexdigest())


def _tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
