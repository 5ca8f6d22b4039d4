"""No query of an admitted request runs on a schema that breaks its code, whatever happens to whom and when."""

from dataclasses import replace

import pytest

from tests.model.decisions import Code, Step
from tests.model.rules import Fault, Rules
from tests.model.search import Model, search
from tests.model.state import State

# Plain alembic asks nobody: see the counterexamples. The clock has a search of its own, since it needs a wider margin.
# A machine that is suspended, with a clock that goes on, is a pod that is frozen.
ANYTHING = frozenset(Fault) - {Fault.PLAIN, Fault.CLOCK, Fault.SUSPEND}
STEPS = [(Code.OLD, Step.CONTRACT), (Code.NEW, Step.DOWNGRADE), (Code.NEW, Step.EXPAND)]


@pytest.mark.parametrize("announces", [False, True], ids=["one transaction", "announced"])
@pytest.mark.parametrize(("code", "step"), STEPS)
def test_whatever_happens_no_query_meets_a_schema_that_breaks_it(
    code: Code, step: Step, announces: bool, rules: Rules, most_faults: int
) -> None:
    """Crash, freeze, drain, cut, failover, kill and stall, at every point of every interleaving."""
    model = Model(code, step, replace(rules, announces=announces), ANYTHING, most_faults)
    searched = search(model)
    print(searched)
    assert searched.trace is None
    assert searched.states > 5_000


@pytest.mark.parametrize("step", [Step.CONTRACT, Step.DOWNGRADE])
def test_a_clock_that_jumps_is_what_the_margin_allows_for(step: Step, rules: Rules) -> None:
    """The database's clock steps ahead while a pod is frozen between its check and what it sends."""
    code = Code.OLD if step is Step.CONTRACT else Code.NEW
    wider = replace(rules, clock_step=1, margin=rules.margin + 1, lease=rules.lease + 1)
    searched = search(Model(code, step, wider, {Fault.CLOCK, Fault.FREEZE}, most_faults=2))
    print(searched)
    assert searched.trace is None


@pytest.mark.parametrize(
    ("request_deadline", "idle_timeout", "clock_step"),
    [(1, 1, 0), (2, 1, 0), (1, 2, 0), (1, 1, 1)],
)
def test_the_margin_is_the_sum_that_the_settings_ask_for_and_no_longer(
    request_deadline: int, idle_timeout: int, clock_step: int
) -> None:
    """At request deadline + idle timeout + clock step it is enough; a tick less is not."""
    enough = request_deadline + idle_timeout + clock_step
    faults = {Fault.FREEZE, Fault.CLOCK} if clock_step else {Fault.FREEZE}
    for margin in (enough, enough - 1):
        lease = margin + 1
        rules = Rules(lease, margin, request_deadline, idle_timeout, clock_step)
        searched = search(Model(Code.OLD, Step.CONTRACT, rules, faults, len(faults)))
        assert (searched.trace is None) == (margin == enough), searched


@pytest.mark.parametrize("step", [Step.CONTRACT, Step.DOWNGRADE])
def test_nobody_serves_what_is_announced_to_go(step: Step, rules: Rules, most_faults: int) -> None:
    """An intent is committed only once nobody is in the way: no pod is turned away for a step that then waits."""
    code = Code.OLD if step is Step.CONTRACT else Code.NEW
    announced = replace(rules, announces=True)
    searched = search(Model(code, step, announced, ANYTHING, most_faults), serves_what_is_announced_to_go)
    print(searched)
    assert searched.trace is None


def serves_what_is_announced_to_go(state: State) -> bool:
    return state.primary.is_announced and state.pod.is_ready
