"""The verdict: whether this process may serve, and why, in words from a closed vocabulary."""

from datetime import UTC, datetime
from enum import StrEnum

from db.contract.ledger import Snapshot
from db.contract.lineage import Lineage
from db.contract.standing import Judgement, Standing, judge
from db.contract.value import Value


class Mode(StrEnum):
    """Which schemas take traffic: CALCIO_SCHEMA_GATE."""

    COMPATIBLE = "compatible"
    STRICT = "strict"  # found must be expected
    OFF = "off"  # every schema, for emergencies


class Verdict(Value):
    """What the gate says until it says something else."""

    ready: bool
    standing: Standing | None  # None: the database has not answered yet
    reason: str
    found: tuple[str, ...]
    expected: tuple[str, ...]
    since: datetime


NO_GRANT = (
    "this process could not register in ledger_reader, so no contract would wait for it:"
    " run the Job with CALCIO_APP_ROLE set to this service's role"
)
STRICT = "CALCIO_SCHEMA_GATE=strict takes exactly what this image expects"


def decide(database: Snapshot, image: Lineage, mode: Mode, *, registered: bool) -> Verdict:
    """Judge `database` for this process, which trusts equality alone where the fence cannot see it."""
    judgement = judge(database, image)
    if mode is Mode.OFF:
        return _verdict(judgement, ready=True, reason=_switched_off(judgement.reason))
    trusts_ledger = registered and mode is Mode.COMPATIBLE
    if not judgement.ready or trusts_ledger or image.closure(database.found) == image.known:
        return _verdict(judgement, ready=judgement.ready, reason=judgement.reason)
    why = STRICT if mode is Mode.STRICT else NO_GRANT
    return _verdict(judgement, ready=False, reason=f"{judgement.reason}, but {why}")


def unanswered(image: Lineage, mode: Mode, trouble: str) -> Verdict:
    """The verdict of a process whose database has not answered it yet."""
    off = mode is Mode.OFF
    reason = _switched_off(trouble) if off else trouble
    return Verdict(off, None, reason, (), image.heads, datetime.now(UTC))


def outlived(verdict: Verdict, trouble: str) -> Verdict:
    """`verdict` once its lease has ended without another round."""
    reason = f"the lease has ended: {trouble}"
    return Verdict(False, verdict.standing, reason, verdict.found, verdict.expected, datetime.now(UTC))


def _switched_off(reason: str) -> str:
    return f"the gate is off (CALCIO_SCHEMA_GATE=off); {reason}"


def _verdict(judgement: Judgement, *, ready: bool, reason: str) -> Verdict:
    return Verdict(ready, judgement.standing, reason, judgement.found, judgement.expected, datetime.now(UTC))
