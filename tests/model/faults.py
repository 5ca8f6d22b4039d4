"""What may happen to anyone: each fault is a move like another, as long as the state has some left."""

from collections.abc import Collection, Iterator

from tests.model.migrator import with_migrator
from tests.model.pod import with_pod
from tests.model.rules import Fault, Rules
from tests.model.state import Data, Health, Migrator, Pod, Round, Stage, State

Move = tuple[str, State]
FORGOTTEN = Data(0, 0)


class Faults:
    """The faults of one search."""

    def __init__(self, kinds: Collection[Fault], rules: Rules) -> None:
        self._kinds = frozenset(kinds)
        self._rules = rules

    def of(self, state: State) -> Iterator[Move]:
        """Every state after one more fault."""
        if Fault.FAILOVER in self._kinds and state.faults and state.replica != state.primary:
            # Not a fault: it has caught up. It may have done so after any commit, so it lacks any suffix of them.
            yield "replica: catches up", state._replace(replica=state.primary)
        if state.faults:
            left = state._replace(faults=state.faults - 1)
            if not left.faults:
                # Nobody will ever ask the replica any more.
                left = left._replace(replica=FORGOTTEN)
            yield from self._to_the_pod(left)
            yield from self._to_the_migrator(left)
            yield from self._to_the_server(left, state.replica)

    def _to_the_pod(self, state: State) -> Iterator[Move]:
        pod = state.pod
        if pod.health not in {Health.RUNS, Health.LEAVING}:
            return
        if Fault.FREEZE in self._kinds:
            yield "FREEZE", with_pod(state, health=Health.FROZEN)
        if Fault.SUSPEND in self._kinds:
            yield "SUSPEND", with_pod(state, health=Health.SUSPENDED)
        if Fault.CRASH in self._kinds:
            yield "CRASH", state._replace(pod=Pod(health=Health.GONE))
        if Fault.DRAIN in self._kinds and pod.health is Health.RUNS:
            leaving = with_pod(state, health=Health.LEAVING, is_ready=False, lease_age=None)
            yield "DRAIN", with_pod(leaving, round=Round.NONE, round_age=0)
        if Fault.CUT in self._kinds:
            yield "CUT", with_pod(state, round=Round.NONE, round_age=0, session=None)

    def _to_the_migrator(self, state: State) -> Iterator[Move]:
        if state.migrator.stage in {Stage.AWAY, Stage.DONE}:
            return
        if Fault.KILL in self._kinds:
            yield "KILL", state._replace(migrator=Migrator())
        if Fault.STALL in self._kinds and not state.migrator.is_stalled:
            yield "STALL", with_migrator(state, is_stalled=True)

    def _to_the_server(self, state: State, replica: Data) -> Iterator[Move]:
        if Fault.CLOCK in self._kinds and self._rules.clock_step:
            yield "CLOCK", state._replace(primary=self._jumped(state.primary))
        if Fault.PLAIN in self._kinds and state.primary.schema == 2:
            moved = state.primary._replace(schema=3, is_moved_by_plain_alembic=True)
            yield "PLAIN ALEMBIC", state._replace(primary=moved)
        if Fault.FAILOVER in self._kinds:
            cut = with_pod(state, round=Round.NONE, round_age=0, session=None)
            primary = replica._replace(knows_server=False)
            yield "FAILOVER", cut._replace(primary=primary, migrator=Migrator())

    def _jumped(self, data: Data) -> Data:
        step = self._rules.clock_step
        return data._replace(row=max(0, data.row - step), watch=max(0, data.watch - step))
