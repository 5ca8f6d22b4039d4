"""Every standing under every condition of the database: what probes, metrics and the API answer.

A pod that was ready stays so while its lease lasts; none becomes ready without an answer; what the database has
said of a schema that does not suit holds until it says otherwise.
"""

import pytest

from db.contract.standing import Standing
from tests.database.gate.matrix.cases import CASES, Case
from tests.database.gate.matrix.conditions import UNANSWERED, Condition
from tests.database.gate.matrix.pods import Answers, Program, Role
from tests.database.gate.matrix.story import OUTLASTING, Story

# What a client is told by a pod that is ready.
API = {
    Condition.UP: 200,
    Condition.SLOW: 200,
    Condition.HUNG: 503,
    Condition.GONE: 503,
    Condition.RESTARTED: 503,
    Condition.FAILED_OVER: 503,
    Condition.LOCKED: 200,
    Condition.EXHAUSTED: 503,
}

every_condition = pytest.mark.parametrize(
    "story", list(Condition), indirect=True, ids=list(Condition), scope="package"
)
every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
every_program = pytest.mark.parametrize("program", list(Program), ids=list(Program))


def stands(answers: Answers, case: Case, silent: str | None = None) -> None:
    """All that there is to ask says the case's standing, and whether the database still answers."""
    assert answers.readyz == (200 if case.ready else 503)
    sign = "+" if case.ready else "-"
    database = f"[{sign}]database silent: {silent}" if silent else "[+]database ok"
    assert database in answers.verbose
    assert answers.document["trouble"] == silent
    assert f"[{sign}]schema {case.standing}: found " in answers.verbose
    assert answers.verbose.endswith(f"readyz check {'passed' if case.ready else 'failed'}\n")
    assert answers.document["ready"] is case.ready
    assert (answers.document["lease_s"] > 0) is case.ready
    measured(answers, case.standing, ready=case.ready)


def knows_nothing(answers: Answers, why: str) -> None:
    """Not ready, no standing, and why."""
    assert answers.readyz == 503
    assert f"[-]database unknown: {why}" in answers.verbose
    assert answers.document["standing"] == "unknown"
    assert answers.document["lease_s"] == 0
    measured(answers, None, ready=False)


def measured(answers: Answers, standing: Standing | None, *, ready: bool) -> None:
    assert answers.livez == "ok"
    assert f"calcio_schema_ready {float(ready)}" in answers.metrics
    for one in Standing:
        assert f'calcio_schema_standing{{standing="{one}"}} {float(one is standing)}' in answers.metrics


def refuses(answers: Answers, program: Program, standing: str, why: str = "") -> None:
    """The service turns requests away and says as what; beside another application the gate sees none."""
    if program is Program.SERVICE:
        assert (answers.api, answers.problem["standing"]) == (503, standing)
        assert why in answers.problem["detail"]
    else:
        assert answers.api is None


@every_condition
@every_case
@every_program
def test_who_was_answered_before_stays_as_it_was(story: Story, case: Case, program: Program) -> None:
    """Neither a ready pod nor an unready one changes its mind while the lease lasts, not for a moment."""
    key = (case.name, program, Role.PATIENT)
    answers = story.during[key]
    assert story.seen[key] == {200 if case.ready else 503}
    stands(answers, case, UNANSWERED.get(story.condition))
    if not case.ready:
        refuses(answers, program, case.standing)
    elif program is Program.SERVICE:
        assert answers.api == API[story.condition]


@every_condition
@every_case
@every_program
def test_who_starts_meanwhile_waits_for_an_answer(story: Story, case: Case, program: Program) -> None:
    """A pod that the database has not answered is not ready and says why; an answer decides as ever."""
    answers = story.during[case.name, program, Role.NEWCOMER]
    if why := UNANSWERED.get(story.condition):
        knows_nothing(answers, why)
        refuses(answers, program, "unknown", why)
    else:
        stands(answers, case)


@every_condition
@every_case
@every_program
def test_afterwards_every_pod_is_as_the_schema_stands(story: Story, case: Case, program: Program) -> None:
    """When it is over, old and new pods answer the same, without a restart; a sidecar then ends with 0."""
    for role in (Role.PATIENT, Role.NEWCOMER):
        answers = story.after[case.name, program, role]
        stands(answers, case)
        if program is Program.SIDECAR:
            assert answers.api is None
        elif case.ready:
            assert answers.api == 200
        else:
            refuses(answers, program, case.standing)
    assert set(story.ends) == {0}


@pytest.mark.parametrize("story", sorted(OUTLASTING), indirect=True, ids=sorted(OUTLASTING), scope="package")
@pytest.mark.parametrize("case", [case for case in CASES.values() if case.ready], ids=lambda case: case.name)
@every_program
def test_past_its_lease_a_ready_pod_is_not(story: Story, case: Case, program: Program) -> None:
    """When the lease ends first, nothing is admitted any more, and the reason names what is missing."""
    answers, why = story.during[case.name, program, Role.SHORT], UNANSWERED[story.condition]
    assert answers.readyz == 503
    assert f"the lease has ended: {why}" in answers.verbose
    assert answers.document["lease_s"] == 0
    measured(answers, case.standing, ready=False)
    refuses(answers, program, case.standing, "the lease has ended")
