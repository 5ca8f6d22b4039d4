"""What the database says of itself: alembic_version and the ledger beside it, read in one statement."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from db.contract.lineage import Clause
from db.contract.value import Value

# A row of ledger_state is written by this format; a reader that meets a later one trusts equality only.
FORMAT = 1
CHANNEL = "calcio_ledger"
TABLES = ("ledger_revision", "ledger_state", "ledger_event", "ledger_reader")


class State(StrEnum):
    """Where a revision stands in the database."""

    APPLYING = "applying"  # announced, perhaps half done: counts for breaks, not for needs
    APPLIED = "applied"
    REVERTING = "reverting"  # announced, perhaps half undone: counts for breaks, not for needs


class Row(Value):
    """A revision as the ledger records it."""

    revision: str
    state: State
    # What the applied script's digest was, then those that a person accepted since; empty where nobody knows.
    digests: tuple[str, ...]
    breaks: tuple[Clause, ...]
    release: str | None
    applied_at: datetime | None


class Snapshot(Value):
    """One consistent look at a database."""

    # Rows of alembic_version; None where there is no such table.
    heads: tuple[str, ...] | None
    # Other tables in its schema; asked only where `heads` is empty or None.
    has_tables: bool
    # alembic_version's rows when the ledger last changed; None where there is no ledger, or it can't be read.
    ledger_heads: tuple[str, ...] | None = None
    change: int = 0
    rows: Mapping[str, Row] = MappingProxyType({})
    in_recovery: bool = False

    @cached_property
    def found(self) -> frozenset[str]:
        """What alembic_version holds."""
        return frozenset(self.heads or ())

    @property
    def has_ledger(self) -> bool:
        """Whether the ledger answered."""
        return self.ledger_heads is not None

    @cached_property
    def applied(self) -> frozenset[str]:
        """The revisions that a need may count on."""
        return frozenset(id_ for id_, row in self.rows.items() if row.state is State.APPLIED)
