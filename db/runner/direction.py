"""The two ways a revision can go, and what each asks of the ledger and of the fence."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from alembic.runtime.migration import RevisionStep

from db.contract.ledger import State
from db.contract.lineage import Lineage, Revision
from db.contract.readers import Reader, in_need_of, in_the_way_of
from db.contract.value import Value
from db.runner.environment import Scripts
from db.runner.record import Event, Ledger
from db.runner.version import Move
from db.runner.wire import Cursor


class Direction(Protocol):
    """What Steps asks of the way it goes."""

    @property
    def operation(self) -> str:
        """Its name, in reports and events."""

    @property
    def intent(self) -> State:
        """What the ledger says while a step that takes long is under way."""

    def steps(self, scripts: Scripts, heads: Sequence[str]) -> Iterable[RevisionStep]:
        """What leads from `heads` to the target, in order."""

    def is_fenced(self, revision: Revision) -> bool:
        """Whether a live reader may be in the way."""

    def blocked_by(self, revision: Revision, readers: Sequence[Reader], image: Lineage) -> Sequence[Reader]:
        """Who of `readers` is in the way."""

    def record(
        self,
        ledger: Ledger,
        cursor: Cursor,
        revision: Revision,
        move: Move,
        event: Event,
        **figures: Any,
    ) -> str:
        """Write into the ledger that it is done, and `event`; answers in which transaction."""


class Up(Value):
    """Towards `targets`."""

    targets: tuple[str, ...]
    operation: str = "upgrade"
    intent: State = State.APPLYING

    def steps(self, scripts: Scripts, heads: Sequence[str]) -> Iterable[RevisionStep]:
        """The revisions up to the targets."""
        return scripts.upgrade_steps(self.targets, heads)

    def is_fenced(self, revision: Revision) -> bool:
        """Only what takes something away."""
        return bool(revision.breaks)

    def blocked_by(self, revision: Revision, readers: Sequence[Reader], image: Lineage) -> Sequence[Reader]:
        """The readers that it breaks."""
        return in_the_way_of(revision.breaks, readers, image)

    def record(
        self,
        ledger: Ledger,
        cursor: Cursor,
        revision: Revision,
        move: Move,
        event: Event,
        **figures: Any,
    ) -> str:
        """The row says applied."""
        return ledger.write(cursor, revision, State.APPLIED, move=move, event=event, **figures)


class Down(Value):
    """Back to `target`, a revision or "base"."""

    target: str
    operation: str = "downgrade"
    intent: State = State.REVERTING

    def steps(self, scripts: Scripts, heads: Sequence[str]) -> Iterable[RevisionStep]:
        """The revisions above the target, newest first."""
        return scripts.downgrade_steps(self.target, heads)

    def is_fenced(self, revision: Revision) -> bool:
        """What code may rely on goes away; what it may not rely on, nobody misses."""
        return revision.required

    def blocked_by(self, revision: Revision, readers: Sequence[Reader], image: Lineage) -> Sequence[Reader]:
        """The readers that rely on it."""
        return in_need_of([revision.revision], readers, image)

    def record(
        self,
        ledger: Ledger,
        cursor: Cursor,
        revision: Revision,
        move: Move,
        event: Event,
        **_: Any,
    ) -> str:
        """The row is gone."""
        return ledger.remove(cursor, revision.revision, move, event)
