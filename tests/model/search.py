"""Searches the model: every state that can be reached, or the shortest way to one that must not be."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from tests.model.decisions import FROM_TO, Code, Step
from tests.model.faults import Faults
from tests.model.migrator import MigratorMoves
from tests.model.passing import ticks
from tests.model.pod import PodMoves
from tests.model.rules import Fault, Rules
from tests.model.state import Data, State

Move = tuple[str, State]
Moves = Callable[[State], Iterator[Move]]
Condition = Callable[[State], bool]


def is_violated(state: State) -> bool:
    """A query of an admitted request has run on a schema that breaks its code."""
    return state.is_violated


@dataclass(frozen=True)
class Model:
    """One pod, one migrator, one server, and what may happen to them."""

    code: Code
    step: Step
    rules: Rules
    faults: Collection[Fault] = ()
    most_faults: int = 1

    @property
    def start(self) -> State:
        begins_at, _ = FROM_TO[self.step]
        data = Data(schema=begins_at, ledger=begins_at)
        return State(primary=data, replica=data, faults=self.most_faults if self.faults else 0)

    def moves(self, *, faults: bool = True, migrator: bool = True) -> Moves:
        """Answers every next state of a state; without faults, or without a migrator that goes on, where told so."""
        movers: list[Moves] = [PodMoves(self.code, self.step, self.rules).of]
        if migrator:
            movers.append(MigratorMoves(self.code, self.step, self.rules).of)
        if faults:
            movers.append(Faults(self.faults, self.rules).of)

        def moves(state: State) -> Iterator[Move]:
            for mover in movers:
                yield from mover(state)
            yield from ticks(state, self.rules)

        return moves


class Reached:
    """Every state that can be reached, nearest first, each with where it came from."""

    def __init__(self, model: Model) -> None:
        self._moves = model.moves()
        self._came_from: dict[State, tuple[State, str] | None] = {model.start: None}

    def __len__(self) -> int:
        return len(self._came_from)

    @property
    def states(self) -> Iterable[State]:
        """Those that have been reached so far."""
        return self._came_from

    def __iter__(self) -> Iterator[State]:
        """Go on reaching until nothing is left."""
        waiting = deque(self._came_from)
        while waiting:
            state = waiting.popleft()
            yield state
            for label, following in self._moves(state):
                if following not in self._came_from:
                    self._came_from[following] = (state, label)
                    waiting.append(following)

    def way_to(self, state: State) -> tuple[str, ...]:
        """The shortest way from the start, move by move."""
        labels: list[str] = []
        while (step := self._came_from[state]) is not None:
            state, label = step
            labels.append(label)
        return tuple(labels[::-1])


@dataclass(frozen=True)
class Searched:
    """What was seen; `trace` is the shortest way to a state that must not be, where there is one."""

    states: int
    trace: tuple[str, ...] | None

    def __str__(self) -> str:
        return f"{self.states:,} states; " + (" > ".join(self.trace) if self.trace else "none is bad")


def search(model: Model, is_bad: Condition = is_violated) -> Searched:
    """Look at every state until one is bad."""
    reached = Reached(model)
    for state in reached:
        if is_bad(state):
            return Searched(len(reached), reached.way_to(state))
    return Searched(len(reached), None)


def search_for_traps(model: Model, moves: Moves, goal: Condition, where: Condition) -> Searched:
    """Look for a state, of those `where` it should be possible, from which `moves` lead to no goal any more."""
    reached = Reached(model)
    came_to: dict[State, list[State]] = {}
    for state in reached:
        for _, following in moves(state):
            came_to.setdefault(following, []).append(state)
    waiting = deque(filter(goal, reached.states))
    is_good = set(waiting)
    while waiting:
        for state in came_to.get(waiting.popleft(), ()):
            if state not in is_good:
                is_good.add(state)
                waiting.append(state)
    for state in reached.states:
        if where(state) and state not in is_good:
            return Searched(len(reached), reached.way_to(state))
    return Searched(len(reached), None)
