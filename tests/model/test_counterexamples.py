"""Each rule of the contract is needed: leave one out, and there is a way to a query on a schema that breaks it.

T3, T5 and T7 are walked by real processes, too, in tests/faults/test_counterexamples.py; T2, T8 and T9 on real servers
in tests/database/gate/test_rounds.py and test_failover.py.
"""

from dataclasses import replace

import pytest

from tests.model.decisions import Code, Step
from tests.model.rules import Fault, Rules
from tests.model.search import Model, Searched, search
from tests.model.test_safety import serves_what_is_announced_to_go

OLD = (Code.OLD, Step.CONTRACT)
BACK = (Code.NEW, Step.DOWNGRADE)
NEW = (Code.NEW, Step.EXPAND)
OTHER = "sees_its_own_row_in_each_session"
WITHOUT = {
    "T1: a margin shorter than the request deadline": (OLD, {"margin": 0}, None),
    "T1: no deadline": (OLD, {"checks_the_deadline_of_each_statement": False}, None),
    "T3: a runner with a shorter lease": (OLD, {"runners_lease": 1}, None),
    "T4: the row goes with a request in flight": (OLD, {"keeps_its_row_while_serving": False}, Fault.DRAIN),
    "T5: idle sessions live for ever": (OLD, {"idle_timeout": None}, Fault.FREEZE),
    "T9: a new session looks at nothing": (NEW, {"looks_first_in_each_session": False}, Fault.FAILOVER),
    "a clock step that the margin has no room for": (OLD, {"clock_step": 2}, Fault.CLOCK),
    "repeatable read, of the role or database": (OLD, {"checks_what_is_committed": False}, None),
    "a fence that checks before it locks": (OLD, {"locks_before_it_checks": False}, None),
}
# Against these there are two: a session of a pod whose row has lapsed is none, whatever the pod believes.
WITHOUT_BOTH = {
    "T2: registration alone renews": (OLD, "renews_by_whole_rounds_only", None),
    "T7: a clock that stands still with its machine": (
        OLD,
        "counts_the_time_of_a_suspended_machine",
        Fault.SUSPEND,
    ),
    "T7: the same on the way back": (BACK, "counts_the_time_of_a_suspended_machine", Fault.SUSPEND),
    "T8: an empty list is believed at once": (OLD, "watches_a_new_server", Fault.FAILOVER),
    "T8: the same on the way back": (BACK, "watches_a_new_server", Fault.FAILOVER),
    "a pod that looks before it registers": (OLD, "registers_before_it_looks", None),
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


@pytest.mark.parametrize("rule", WITHOUT_BOTH)
def test_without_both_rules_there_is_a_way_and_with_either_there_is_none(rule: str) -> None:
    """What one of them lets through, the other one stops: a single fault finds no way around the two."""
    (code, step), one, fault = WITHOUT_BOTH[rule]
    faults = {fault} if fault else set()

    def searched(*left_out: str) -> Searched:
        rules = replace(Rules(), **dict.fromkeys(left_out, False))
        return search(Model(code, step, rules, faults))

    neither = searched(one, OTHER)
    print(neither)
    assert neither.trace is not None
    assert neither.trace[-1].startswith("pod: QUERY on schema")
    assert searched(one).trace is searched(OTHER).trace is None


def test_a_machine_that_stands_still_twice_in_a_request_is_outside_of_any_guarantee() -> None:
    """T7, twice: two pauses with all clocks, each too short for the server to end the session."""
    still = Rules(counts_the_time_of_a_suspended_machine=False)
    searched = search(Model(*OLD, still, {Fault.SUSPEND}, most_faults=2))
    print(searched)
    assert searched.trace is not None
    assert searched.trace.count("SUSPEND") == 2
    assert search(Model(*OLD, Rules(), {Fault.SUSPEND}, most_faults=2)).trace is None


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
