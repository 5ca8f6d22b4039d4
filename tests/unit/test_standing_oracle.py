"""Every decision of the gate, against an oracle that knows which columns each code uses.

Some thousand decisions are made by default, over 100,000 in CI, over a million by
`scripts/test tests/unit/test_standing_oracle.py --exhaustive -rP`, which prints what they were.
"""

from collections import Counter
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from db.contract.lineage import Lineage
from db.contract.standing import Standing, judge, missing
from tests.unit.moves import Moved
from tests.unit.worlds import World, worlds

LONGEST_WALK = 6
ENOUGH = {False: 1_000, True: 100_000}


def walk(world: World, data: st.DataObject) -> Iterator[Moved]:
    """Each state of a database that is moved this way and that: upgraded, downgraded, killed, behind our back."""
    moved = Moved(world)
    ids = sorted(world.lineage.revisions)
    for _ in range(data.draw(st.integers(1, LONGEST_WALK), label="moves")):
        up = not moved.heads or data.draw(st.booleans(), label="up")
        target = data.draw(st.sampled_from(["heads", *ids] if up else moved.ways_back), label="target")
        plain = data.draw(st.integers(0, 4), label="plain alembic") == 4
        if moved.is_stale and not plain:
            moved.reconcile(world.lineage)
            yield moved
        steps = moved.steps(target, up=up)
        dies_at = data.draw(st.none() | st.integers(0, max(len(steps) - 1, 0)), label="killed at step")
        for number, step in enumerate(steps):
            if plain:
                moved.take_plain(step)
            elif number == dies_at:
                moved.die_in(step, after_its_effect=data.draw(st.booleans(), label="after its effect"))
                yield moved
                break
            else:
                moved.take(step)
            yield moved


def test_the_gate_agrees_with_the_columns_that_the_code_uses(most_examples: int) -> None:
    """No pod is ready on a schema that lacks a column it uses; none is kept out without a reason."""
    counted: Counter[str] = Counter()

    @settings(max_examples=most_examples)
    @given(worlds(), st.data())
    def decide(world: World, data: st.DataObject) -> None:
        for moved in walk(world, data):
            for code in world.codes:
                _decide(world, moved, code, counted)

    decide()
    print(*(f"{number:>9,} {what}" for what, number in counted.most_common()), sep="\n")
    assert counted["decisions"] >= ENOUGH[most_examples >= 2_200]
    assert counted["ready while the database stands ahead"]
    assert counted["completeness was asked for"]


def _decide(world: World, moved: Moved, code: Lineage, counted: Counter[str]) -> None:
    judgement = judge(moved.snapshot, code)
    suits = world.suits(moved.effects, code)
    counted["decisions"] += 1
    counted[judgement.standing] += 1
    if judgement.ready:
        # Behind the ledger's back equality decides, and what a dead run left is nowhere written.
        if judgement.standing is not Standing.STALE or not moved.is_under_way:
            assert suits, f"unsound: {judgement.reason}"
        if moved.heads and not moved.heads <= code.known:
            counted["ready while the database stands ahead"] += 1
    behind = missing(moved.snapshot, code, code.required) or not moved.heads
    if not moved.is_stale and not moved.is_under_way and not behind:
        counted["completeness was asked for"] += 1
        assert judgement.ready == suits, f"incomplete: {judgement.reason}"
