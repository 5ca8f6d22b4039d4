"""`revision`: writes the next revision's script from what db/schema.py has and a scratch database at head has not."""

from contextlib import closing
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script

from db.contract import lockfile
from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl
from db.runner.locked import MIGRATIONS

VERBS = ("create", "add", "drop", "backfill", "rename", "tighten", "change", "keep", "mark")


def revision(message: str, scratch: DatabaseUrl) -> Path:
    """Write the script for `message` (a verb and its object); answers its path.

    `scratch` is an empty database of nobody's, which is brought to head. Raises Refusal with 64 for a message that
    names no change.
    """
    verb, *objects = message.lower().split() or [""]
    if verb not in VERBS or not objects:
        raise Refusal(
            ExitCode.USAGE,
            f"a revision is named by what it does, and {message!r} does not begin with one of {', '.join(VERBS)}",
            'Try: scripts/revision "add rating to players"',
        )
    config = Config(Path(MIGRATIONS).parent / "alembic.ini")
    with closing(psycopg2.connect(**scratch.for_psycopg2())) as raw:
        engine = sa.create_engine("postgresql+psycopg2://", creator=lambda: raw, poolclass=sa.StaticPool)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            script = command.revision(config, message=message, autogenerate=True, rev_id=_next_id())
    assert isinstance(script, Script)  # noqa: S101 - one message makes one script
    return Path(script.path)


def _next_id() -> str:
    numbers = [int(entry.revision.revision) for entry in lockfile.read_entries()]
    return f"{max(numbers, default=0) + 1:04}"
