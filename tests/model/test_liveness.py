"""In the end it goes on: from every state that can be reached there is a way to a ready pod, and to a finished step.

A way that is always open is taken in the end, as everyone but the faults moves on. What nobody promises is not
counted on: that a stopped migrator goes on, or that a notification arrives.
"""

from dataclasses import replace

import pytest

from tests.model.decisions import FROM_TO, Code, Step, gate_is_fit
from tests.model.rules import Fault, Rules
from tests.model.search import Model, Searched, search_for_traps
from tests.model.state import Health, State
from tests.model.test_safety import ANYTHING

SHORTEST = Rules(lease=2, margin=1, idle_timeout=0)
# A failover makes ten times as many states: it comes where the step is one transaction.
CASES = pytest.mark.parametrize(
    ("announces", "faults"),
    [(False, ANYTHING), (True, ANYTHING - {Fault.FAILOVER})],
    ids=["one transaction", "announced"],
)
PODS = [(Code.OLD, Step.EXPAND), (Code.OLD, Step.CONTRACT), (Code.NEW, Step.EXPAND)]


def search_for_traps_of_a_pod(model: Model) -> Searched:
    """A state from which a pod that suits the schema gets ready no more."""

    def is_compatible(state: State) -> bool:
        return state.pod.health is Health.RUNS and gate_is_fit(state.primary, model.code, model.step)

    moves = model.moves(faults=False, migrator=False)
    return search_for_traps(model, moves, lambda state: state.pod.is_ready, is_compatible)


@CASES
@pytest.mark.parametrize(("code", "step"), PODS)
def test_a_compatible_pod_gets_ready(
    code: Code, step: Step, announces: bool, faults: frozenset[Fault], at_once: bool
) -> None:
    """Whatever has happened, and even if the migrator never moves again, held lock or not."""
    rules = replace(SHORTEST, announces=announces, registers_and_looks_at_once=at_once)
    searched = search_for_traps_of_a_pod(Model(code, step, rules, faults))
    print(searched)
    assert searched.trace is None


def test_a_lock_that_the_server_does_not_end_keeps_every_pod_out() -> None:
    """One stopped migrator would be an outage: hence the server bounds its hold."""
    for_ever = replace(SHORTEST, hold=None)
    searched = search_for_traps_of_a_pod(Model(Code.OLD, Step.CONTRACT, for_ever))
    print(searched)
    assert searched.trace is not None
    assert searched.trace[-1] == "migrator: locks"


@CASES
@pytest.mark.parametrize(("code", "step"), [*PODS[1:], (Code.NEW, Step.CONTRACT), (Code.NEW, Step.DOWNGRADE)])
def test_a_step_that_breaks_nobody_is_taken(
    code: Code, step: Step, announces: bool, faults: frozenset[Fault], at_once: bool
) -> None:
    """Once the pods that it would break are gone; who suits it need not go, whatever it does."""
    rules = replace(SHORTEST, announces=announces, registers_and_looks_at_once=at_once)
    model = Model(code, step, rules, faults)
    begins_at, ends_at = FROM_TO[step]
    waits_for_it = (code, step) in {(Code.OLD, Step.CONTRACT), (Code.NEW, Step.DOWNGRADE)}

    def is_free(state: State) -> bool:
        return state.primary.ledger == begins_at and (not waits_for_it or state.pod.health is Health.GONE)

    moves = model.moves(faults=False)
    searched = search_for_traps(model, moves, lambda state: state.primary.ledger == ends_at, is_free)
    print(searched)
    assert searched.trace is None
