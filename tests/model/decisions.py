"""The decisions of the model: made by the code that ships, from what the model's state says."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from functools import cache

from db.contract.ledger import State as LedgerState
from db.contract.lineage import Lineage
from db.contract.readers import Reader, in_need_of, in_the_way_of
from service.gate.lease import Lease
from service.gate.verdict import Mode, decide
from tests.model.rules import Rules
from tests.model.state import Data
from tests.unit.lineages import database, revision

FIRST, EXPAND = revision("0001"), revision("0002", "0001")
TAKEN_AWAY = revision("0003", "0002", breaks=["0001:0002"])
REVISIONS = (FIRST, EXPAND, TAKEN_AWAY)
IMAGE = Lineage.of(REVISIONS)
SECONDS = timedelta(seconds=1)
# What happens between two ticks happens, in the model, at the later one: whoever must come before a tick still may.
BETWEEN_TICKS = 0.5


class Code(StrEnum):
    """What the pod runs."""

    OLD = "old"  # knows 1 only; what 3 takes away, it uses
    NEW = "new"  # knows 1 and 2, and uses what 2 brings


class Step(StrEnum):
    """What the migrator is for."""

    EXPAND = "expand"  # from 1 to 2: it breaks nobody
    CONTRACT = "contract"  # from 2 to 3: it breaks old code
    DOWNGRADE = "downgrade"  # from 2 to 1: it breaks new code


LINEAGES = {Code.OLD: Lineage.of([FIRST]), Code.NEW: Lineage.of([FIRST, EXPAND])}
FROM_TO = {Step.EXPAND: (1, 2), Step.CONTRACT: (2, 3), Step.DOWNGRADE: (2, 1)}
ANNOUNCED = {Step.EXPAND: EXPAND, Step.CONTRACT: TAKEN_AWAY, Step.DOWNGRADE: EXPAND}


def breaks(schema: int, code: Code) -> bool:
    """The oracle: whether a query of `code` fails on `schema`."""
    return schema == 3 if code is Code.OLD else schema == 1


@cache
def is_fit(ledger: int, is_announced: bool, is_moved_by_plain_alembic: bool, code: Code, step: Step) -> bool:
    """Whether the gate of `code` judges what it reads to be fit."""
    applied = REVISIONS[:ledger]
    states = {}
    if is_announced:
        state = LedgerState.REVERTING if step is Step.DOWNGRADE else LedgerState.APPLYING
        states[ANNOUNCED[step].revision] = state
        applied = tuple(dict.fromkeys((*applied, ANNOUNCED[step])))
    heads = ("0003",) if is_moved_by_plain_alembic else None
    found = database(*applied, states=states, heads=heads, ledger_heads=(REVISIONS[ledger - 1].revision,))
    return decide(found, LINEAGES[code], Mode.COMPATIBLE, registered=True).ready


def gate_is_fit(data: Data, code: Code, step: Step) -> bool:
    return is_fit(data.ledger, data.is_announced, data.is_moved_by_plain_alembic, code, step)


@cache
def lease_holds(age: int | None, rules: Rules) -> bool:
    """Whether the pod's own lease holds, `age` after the round that renewed it was sent."""
    lease = Lease(rules.lease, rules.margin, lambda: -BETWEEN_TICKS)
    if age is not None:
        lease.renewed(-age)
    return lease.holds


@cache
def is_in_the_way(row: int, code: Code, step: Step, rules: Rules) -> bool:
    """Whether the fence holds for the reader's row, of whose life `row` is left."""
    age = rules.whole_lease - row
    alive = row > 0 if rules.runners_lease is None else age <= rules.runners_lease
    readers: Sequence[Reader] = (
        [Reader("pod", "1", LINEAGES[code].heads, row * SECONDS, age * SECONDS)] if alive and row else []
    )
    if step is Step.DOWNGRADE:
        return bool(in_need_of([EXPAND.revision], readers, IMAGE))
    return bool(in_the_way_of(ANNOUNCED[step].breaks, readers, IMAGE))
