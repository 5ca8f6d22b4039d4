"""`lock`: writes db/revisions.lock from the revision scripts, or says how the two differ."""

from pathlib import Path

from db.contract.lockfile import LOCKFILE, render
from db.contract.refusal import ExitCode, Refusal
from db.runner import rules, scripts
from db.runner.environment import load


def lock(*, check: bool, path: Path = LOCKFILE) -> str:
    """Write the lockfile, or with `check` only compare; answers a sentence.

    Raises Refusal with 65 where the scripts are no history, or where they differ from the lockfile.
    """
    entries = scripts.read(load(scripts.MIGRATIONS, ini=None).directory)
    lineage = rules.demand(entry.revision for entry in entries)
    text = render(entries)
    heads = ", ".join(lineage.heads)
    if not check:
        path.write_text(text, encoding="utf-8")
        return f"{path.name} holds {len(entries)} revisions, head {heads}"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        raise Refusal(ExitCode.SCRIPTS, f"{path.name} is not what the scripts say", scripts.REMEDY)
    return f"{path.name} is what the scripts say: {len(entries)} revisions, head {heads}"
