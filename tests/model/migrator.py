"""The moves of a migrator: it connects, locks, checks, changes the schema and says so."""

from collections.abc import Iterator

from tests.model.decisions import FROM_TO, Code, Step, is_in_the_way
from tests.model.rules import Rules
from tests.model.state import Data, Migrator, Stage, State

Move = tuple[str, State]


class MigratorMoves:
    """What a migrator can do next."""

    def __init__(self, code: Code, step: Step, rules: Rules) -> None:
        self._code = code
        self._step = step
        self._rules = rules
        self._begins_at, self._ends_at = FROM_TO[step]

    def of(self, state: State) -> Iterator[Move]:
        """Every next state."""
        if state.migrator.is_stalled:
            yield "migrator: resumes", with_migrator(state, is_stalled=False)
            return
        match state.migrator.stage:
            case Stage.AWAY if state.primary.ledger == self._begins_at:
                yield "migrator: connects", self._connected(state)
            case Stage.CONNECTED:
                yield from self._beginning(state)
            case Stage.BEGUN:
                yield from self._locking(state)
            case Stage.LOCKED:
                yield from self._checking(state, Stage.CHECKED)
            case Stage.CHECKED:
                yield from self._changing(state)
            case Stage.ANNOUNCED:
                yield "migrator: changes the schema", self._at(state, Stage.CHANGED, schema=self._ends_at)
            case Stage.CHANGED:
                yield (
                    "migrator: records",
                    self._at(state, Stage.DONE, ledger=self._ends_at, is_announced=False),
                )

    def _connected(self, state: State) -> State:
        if state.primary.knows_server:
            return with_migrator(state, stage=Stage.CONNECTED)
        return self._at(state, Stage.CONNECTED, knows_server=True, watch=self._rules.whole_lease)

    def _beginning(self, state: State) -> Iterator[Move]:
        begun = with_migrator(
            state, stage=Stage.BEGUN, saw=state.primary.row if not self._rules.checks_what_is_committed else 0
        )
        if self._rules.announces and not self._rules.announces_under_the_lock:
            announced = begun._replace(primary=state.primary._replace(is_announced=True))
            yield "migrator: announces", announced
        else:
            yield "migrator: begins", begun

    def _locking(self, state: State) -> Iterator[Move]:
        if self._rules.locks_before_it_checks or state.migrator.has_checked:
            yield "migrator: locks", with_migrator(state, stage=Stage.LOCKED, hold=0)
        else:
            yield from self._checking(state, Stage.BEGUN)

    def _checking(self, state: State, then: Stage) -> Iterator[Move]:
        if state.migrator.has_checked:
            yield "migrator: goes on", with_migrator(state, stage=Stage.CHECKED)
        elif self._is_held_back(state):
            yield "migrator: is held back", self._given_up(state)
        else:
            yield "migrator: checks, nobody in the way", with_migrator(state, stage=then, has_checked=True)

    def _is_held_back(self, state: State) -> bool:
        row = state.primary.row if self._rules.checks_what_is_committed else state.migrator.saw
        watching = self._rules.watches_a_new_server and state.primary.watch > 0
        fenced = self._step is not Step.EXPAND
        return fenced and (watching or is_in_the_way(row, self._code, self._step, self._rules))

    def _changing(self, state: State) -> Iterator[Move]:
        if self._rules.announces:
            yield "migrator: announces", self._at(state, Stage.ANNOUNCED, is_announced=True)
        else:
            done = self._at(state, Stage.DONE, schema=self._ends_at, ledger=self._ends_at)
            yield "migrator: changes the schema and commits", done

    def _given_up(self, state: State) -> State:
        """Rolled back; what it announced before it had the lock, it takes back."""
        if self._rules.announces_under_the_lock:
            return state._replace(migrator=Migrator())
        return state._replace(migrator=Migrator(), primary=state.primary._replace(is_announced=False))

    def _at(self, state: State, stage: Stage, **changes: object) -> State:
        """After a commit at that stage."""
        primary: Data = state.primary._replace(**changes)  # type: ignore[arg-type]
        return with_migrator(state, stage=stage, hold=0)._replace(primary=primary)


def with_migrator(state: State, **changes: object) -> State:
    """`state` with changes to the migrator."""
    return state._replace(migrator=state.migrator._replace(**changes))  # type: ignore[arg-type]
