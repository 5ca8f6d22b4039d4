"""Every decision of the fence, against an oracle that knows which columns each code uses, and against the gate."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given

from db.contract.lineage import Lineage, Revision
from db.contract.readers import Reader, in_need_of, in_the_way_of
from db.contract.standing import judge
from tests.unit.moves import Moved
from tests.unit.worlds import World, worlds


def reader(code: Lineage) -> Reader:
    return Reader("pod", "1", code.heads, timedelta(seconds=60), timedelta())


def test_the_fence_holds_for_exactly_those_who_would_be_broken() -> None:
    """A step up waits for the readers whose columns it takes, for nobody else, and for whoever it does not know."""
    counted: Counter[bool] = Counter()

    @given(worlds())
    def decide(world: World) -> None:
        for image in world.codes:
            for revision in image.revisions.values():
                for code in world.codes:
                    in_the_way = bool(in_the_way_of(revision.breaks, [reader(code)], image))
                    assert in_the_way == _breaks(world, revision, code, image)
                    counted[in_the_way] += 1

    decide()
    print(f"{counted[True]:,} held back, {counted[False]:,} let through")
    assert counted[True]
    assert counted[False]


def _breaks(world: World, revision: Revision, code: Lineage, image: Lineage) -> bool:
    if not image.known.issuperset(code.heads):
        return True
    taken = (column for column in world.columns if column.dropped == revision.revision)
    return any(column.is_used_by(code.known) for column in taken)


@given(worlds())
def test_on_the_way_up_gate_and_fence_are_of_one_mind(world: World) -> None:
    """A reader is in the way of a step exactly where that step would turn it from ready to not ready."""
    moved = Moved(world)
    for step in moved.steps("heads", up=True):
        ready = _ready(moved, world.codes)
        revision = world.lineage.revisions[step.revision.revision]
        held = in_the_way_of(revision.breaks, map(reader, ready), world.lineage)
        moved.take(step)
        assert {one.heads for one in held} == _heads(ready) - _heads(_ready(moved, ready))


@given(worlds())
def test_on_the_way_down_gate_and_fence_are_of_one_mind(world: World) -> None:
    """A reader is in the way of a step back exactly where its code relies on what goes."""
    moved = Moved(world)
    for step in moved.steps("heads", up=True):
        moved.take(step)
    for step in moved.steps("base", up=False):
        ready = _ready(moved, world.codes)
        held = in_need_of([step.revision.revision], map(reader, ready), world.lineage)
        moved.take(step)
        if moved.heads:  # an empty database suits nobody, whatever they rely on
            assert {one.heads for one in held} == _heads(ready) - _heads(_ready(moved, ready))


def _ready(moved: Moved, codes: Iterable[Lineage]) -> list[Lineage]:
    return [code for code in codes if judge(moved.snapshot, code).ready]


def _heads(codes: Iterable[Lineage]) -> set[tuple[str, ...]]:
    return {code.heads for code in codes}
