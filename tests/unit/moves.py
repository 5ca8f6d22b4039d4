"""A database that Alembic's own steps move, with the ledger beside it: by the runner, killed, or without it."""

from collections.abc import Iterable
from io import StringIO

from alembic.runtime.migration import HeadMaintainer, MigrationContext, RevisionStep
from alembic.util import CommandError

from db.contract.ledger import Snapshot, State
from db.contract.lineage import Lineage
from db.runner.record import to_reconcile
from tests.unit.lineages import as_row
from tests.unit.worlds import World


class Moved:
    """What is really there (`effects`), what alembic_version says (`heads`), and what the ledger says."""

    def __init__(self, world: World) -> None:
        # Offline, Alembic's keeper of the heads needs no connection; what it would execute is thrown away.
        options = {"as_sql": True, "output_buffer": StringIO()}
        context = MigrationContext.configure(dialect_name="postgresql", opts=options)
        self._keeper = HeadMaintainer(context, ())
        self._world = world
        self._effects: set[str] = set()
        self._ledger_heads: frozenset[str] = frozenset()
        self._states: dict[str, State] = {}

    @property
    def heads(self) -> frozenset[str]:
        return frozenset(self._keeper.heads)

    @property
    def effects(self) -> frozenset[str]:
        return frozenset(self._effects)

    @property
    def is_stale(self) -> bool:
        return self.heads != self._ledger_heads

    @property
    def is_under_way(self) -> bool:
        """Whether a dead run has left something half done or half undone."""
        return any(state is not State.APPLIED for state in self._states.values())

    @property
    def snapshot(self) -> Snapshot:
        revisions = self._world.lineage.revisions
        rows = {id_: as_row(revisions[id_], state) for id_, state in self._states.items()}
        return Snapshot(tuple(sorted(self.heads)), True, tuple(sorted(self._ledger_heads)), 1, rows)

    @property
    def ways_back(self) -> list[str]:
        """Where Alembic could go back to."""
        return [*sorted(self._world.lineage.closure(self.heads)), "base"]

    def steps(self, target: str, *, up: bool) -> list[RevisionStep]:
        """What Alembic would do to go up to `target`, or back to it; nothing where it says that there is no way."""
        heads = tuple(sorted(self.heads))
        go = self._world.scripts._upgrade_revs if up else self._world.scripts._downgrade_revs
        try:
            return go(target, heads)  # type: ignore[arg-type]
        except CommandError:
            return []

    def take(self, step: RevisionStep) -> None:
        """The runner's step: effect, version and ledger in one transaction."""
        self.take_plain(step)
        self._states.pop(step.revision.revision, None)
        if step.is_upgrade:
            self._states[step.revision.revision] = State.APPLIED
        self._ledger_heads = self.heads

    def take_plain(self, step: RevisionStep) -> None:
        """What plain alembic does: the ledger hears nothing of it."""
        self._set_effect(step)
        self._keeper.update_to_step(step)

    def die_in(self, step: RevisionStep, *, after_its_effect: bool) -> None:
        """The runner's step that is more than one transaction, killed before its last one."""
        self._states[step.revision.revision] = State.APPLYING if step.is_upgrade else State.REVERTING
        if after_its_effect:
            self._set_effect(step)

    def reconcile(self, image: Lineage) -> None:
        """What a run does first, where it finds that the ledger does not say what alembic_version says."""
        write, remove = to_reconcile(self._states, image.closure(self.heads))
        self._forget(remove)
        self._states |= dict.fromkeys(write, State.APPLIED)
        self._ledger_heads = self.heads

    def _forget(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            del self._states[id_]

    def _set_effect(self, step: RevisionStep) -> None:
        (self._effects.add if step.is_upgrade else self._effects.discard)(step.revision.revision)
