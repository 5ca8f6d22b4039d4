"""Revision scripts in few words, and the small history that most tests of the Job apply."""

from dataclasses import dataclass

TEXT = '''"""Revision {self.id}."""

import sqlalchemy as sa
from alembic import op

import db.operations as online

revision = {self.id!r}
down_revision = {self.below!r}
depends_on = {self.depends_on!r}
phase = {self.phase!r}
breaks = {self.breaks!r}
required = {self.is_required!r}
replaces = {self.replaces!r}


def upgrade() -> None:
    {self.up}


def downgrade() -> None:
    {self.down}
'''


@dataclass(frozen=True)
class Script:
    """What a revision's file says; `up` and `down` are its Python."""

    id: str
    below: str | tuple[str, ...] | None = None
    up: str = "pass"
    down: str = "pass"
    phase: str = "expand"
    breaks: tuple[tuple[str | None, str], ...] = ()
    required: bool | None = None
    depends_on: str | None = None
    replaces: tuple[str, ...] = ()
    is_measured: bool = True  # scripts/lock has seen that it neither reads nor writes whole tables

    @property
    def is_required(self) -> bool:
        return self.phase in {"expand", "barrier"} if self.required is None else self.required

    @property
    def text(self) -> str:
        # Of the operations only who names them is announced, and that is read from the script.
        text = TEXT.format(self=self)
        return text if "online." in self.up else text.replace("import db.operations as online\n\n", "")


def execute(sql: str) -> str:
    """Python that executes `sql`."""
    return f"op.execute({sql!r})"


def sleep(seconds: int) -> str:
    """Python that lets the server be busy for so long."""
    return execute(f"SELECT pg_sleep({seconds})")


FIRST = Script(
    "0001",
    up=execute("CREATE TABLE player (id int PRIMARY KEY, name text NOT NULL, skill int)"),
    down=execute("DROP TABLE player"),
)
SECOND = Script(
    "0002",
    "0001",
    up=execute("ALTER TABLE player ADD COLUMN rating int"),
    down=execute("ALTER TABLE player DROP COLUMN rating"),
)
BACKFILL = Script(
    "0003",
    "0002",
    up='online.execute_in_batches("player", "UPDATE player SET rating = skill WHERE id > :after AND id <= :upto")',
    phase="data",
)
# Code that has 0001 and not yet 0002 reads what this takes away.
CONTRACT = Script(
    "0004",
    "0003",
    up=execute("ALTER TABLE player DROP COLUMN skill"),
    down=execute("ALTER TABLE player ADD COLUMN skill int"),
    phase="contract",
    breaks=(("0001", "0002"),),
)
HISTORY = (FIRST, SECOND, BACKFILL, CONTRACT)

# In the place of SECOND: a step that is more than one transaction.
INDEX = Script(
    "0002",
    "0001",
    up='online.create_index("ix_player_name", "player", ["name"])',
    down='online.drop_index("ix_player_name")',
)
