"""Each rule of the contract is needed: leave one out, and there is a way to a query on a schema that breaks it.

Each of these ways is walked by real processes, too, as far as one can be stopped where it has to be:
tests/faults/test_counterexamples.py.
"""

from dataclasses import replace

import pytest

from tests.model.decisions import Code, Step
from tests.model.rules import Fault, Rules
from tests.model.search import Model, search
from tests.model.test_safety import serves_what_is_announced_to_go

OLD = (Code.OLD, Step.CONTRACT)
BACK = (Code.NEW, Step.DOWNGRADE)
NEW = (Code.NEW, Step.EXPAND)
WITHOUT = {
    "T1: a margin shorter than the request deadline": (OLD, {"margin": 0}, None),
    "T1: no deadline": (OLD, {"checks_the_deadline_of_each_statement": False}, None),
    "T2: registration alone renews": (OLD, {"renews_by_whole_rounds_only": False}, None),
    "T3: a runner with a shorter lease": (OLD, {"runners_lease": 1}, None),
    "T4: the row goes with a request in flight": (OLD, {"keeps_its_row_while_serving": False}, Fault.DRAIN),
    "T5: idle sessions live for ever": (OLD, {"idle_timeout": None}, Fault.FREEZE),
    "T7: a clock that stands still with its machine": (
        OLD,
        {"counts_the_time_of_a_suspended_machine": False},
        Fault.SUSPEND,
    ),
    "T8: an empty list is believed at once": (OLD, {"watches_a_new_server": False}, Fault.FAILOVER),
    "T8: the same on the way back": (BACK, {"watches_a_new_server": False}, Fault.FAILOVER),
    "T9: a new session looks at nothing": (NEW, {"looks_first_in_each_session": False}, Fault.FAILOVER),
    "a clock step that the margin has no room for": (OLD, {"clock_step": 2}, Fault.CLOCK),
    "repeatable read, of the role or database": (OLD, {"checks_what_is_committed": False}, None),
    "a pod that looks before it registers": (OLD, {"registers_before_it_looks": False}, None),
    "a fence that checks before it locks": (OLD, {"locks_before_it_checks": False}, None),
}


@pytest.mark.parametrize("rule", WITHOUT)
def test_without_the_rule_there_is_a_way_to_a_broken_query(rule: str) -> None:
    """And with it, all else being equal, there is none."""
    (code, step), weaker, fault = WITHOUT[rule]
    faults = {fault} if fault else set()
    searched = search(Model(code, step, replace(Rules(), **weaker), faults))  # type: ignore[arg-type]
    print(searched)
    assert searched.trace is not None
    assert searched.trace[-1].startswith("pod: QUERY on schema")
    kept = replace(Rules(), clock_step=1) if fault is Fault.CLOCK else Rules()
    assert search(Model(code, step, kept, faults)).trace is None


def test_an_intent_before_the_check_turns_away_whoever_it_then_waits_for() -> None:
    """T6: nothing breaks, but pods are unready on a schema that suits them, for as long as the fence waits."""
    first = Rules(announces=True, announces_under_the_lock=False)
    searched = search(Model(*OLD, first), serves_what_is_announced_to_go)
    print(searched)
    assert searched.trace is not None
    assert searched.trace[-1] == "migrator: announces"


def test_plain_alembic_is_outside_of_any_guarantee() -> None:
    """T10: whoever takes a contract without asking breaks the request in flight; it is seen, not prevented."""
    searched = search(Model(*OLD, Rules(), {Fault.PLAIN}))
    print(searched)
    assert searched.trace is not None
    assert "PLAIN ALEMBIC" in searched.trace
