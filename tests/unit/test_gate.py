"""What a gate believes, on every sequence of rounds, evidence, silence and time."""

import asyncio
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from db.contract.ledger import Row, Snapshot, State
from db.contract.lineage import Clause, Lineage, Phase, Revision
from db.contract.names import History
from db.contract.standing import Standing
from service.gate.gate import Gate, GateConfig
from service.gate.lease import Lease
from service.gate.verdict import Mode

LEASE_S, MARGIN_S = 120.0, 45.0
FIRST = Revision("0001", (), (), Phase.EXPAND, (), True, "first")
IMAGE = Lineage.of([FIRST])


def snapshot(*rows: Row) -> Snapshot:
    heads = (rows[-1].revision,)
    return Snapshot(heads, has_tables=True, ledger_heads=heads, rows={row.revision: row for row in rows})


def row(revision: str, digests: tuple[str, ...] = (), breaks: tuple[Clause, ...] = ()) -> Row:
    return Row(revision, State.APPLIED, digests, breaks, None, None)


AT_HEAD = snapshot(row("0001", ("first",)))
AHEAD = snapshot(row("0001", ("first",)), row("0002"))
BROKEN = snapshot(row("0001", ("first",)), row("0002", breaks=(Clause("0001", "0002"),)))
EMPTY = Snapshot(None, has_tables=False)
SUITABLE = (AT_HEAD, AHEAD)


@dataclass
class Clock:
    """A clock that a test moves."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def gate_and_clock(mode: Mode = Mode.COMPATIBLE) -> tuple[Gate, Clock]:
    clock = Clock()
    config = GateConfig(IMAGE, History(), "pod", "1.4.0", {}, mode, LEASE_S, MARGIN_S, 20.0, listens=True)
    return Gate(config, Lease(LEASE_S, MARGIN_S, clock)), clock


def whole_round(gate: Gate, clock: Clock, database: Snapshot, took_s: float) -> None:
    async def run() -> None:
        sent_at = gate.lease.now()
        clock.now_s += took_s
        verdict = await gate.saw(database)
        if verdict.ready:
            await gate.completed(verdict, sent_at)

    asyncio.run(run())


databases = st.sampled_from([AT_HEAD, AHEAD, BROKEN, EMPTY])
events = st.lists(
    st.one_of(
        st.tuples(st.just("round"), databases, st.floats(0, 100)),
        st.tuples(st.just("notice"), databases, st.just(0.0)),
        st.tuples(st.just("silence"), st.just(EMPTY), st.just(0.0)),
        st.tuples(st.just("time"), st.just(EMPTY), st.floats(0, 200)),
    ),
    max_size=12,
)


@given(events)
def test_ready_means_a_whole_round_and_no_evidence_since(events: list[tuple[str, Snapshot, float]]) -> None:
    """Whoever says ready has a round within the lease behind it, and has seen nothing since that speaks against it."""
    gate, clock = gate_and_clock()
    believed_until = float("-inf")
    for kind, database, seconds in events:
        if kind == "round":
            sent_at = clock.now_s
            whole_round(gate, clock, database, seconds)
            if database in SUITABLE:
                believed_until = max(believed_until, sent_at + LEASE_S - MARGIN_S)
        elif kind == "notice":
            asyncio.run(gate.saw(database))
        elif kind == "silence":
            gate.no_answer(TimeoutError())
        else:
            clock.now_s += seconds
        if kind in {"round", "notice"} and database not in SUITABLE:
            believed_until = float("-inf")
        assert gate.verdict.ready == (clock.now_s < believed_until)


@given(st.lists(st.floats(0, 200), max_size=8))
def test_silence_opens_nothing(pauses_s: list[float]) -> None:
    """A process that was never answered is not ready, however often and long it asks."""
    gate, clock = gate_and_clock()
    for pause_s in pauses_s:
        gate.no_answer(TimeoutError())
        clock.now_s += pause_s
        assert not gate.verdict.ready
        assert gate.verdict.standing is None


@given(events)
def test_off_is_always_open(events: list[tuple[str, Snapshot, float]]) -> None:
    """With CALCIO_SCHEMA_GATE=off nothing that happens shuts the gate, and its reason says that it is off."""
    gate, clock = gate_and_clock(Mode.OFF)
    for kind, database, seconds in events:
        if kind == "round":
            whole_round(gate, clock, database, seconds)
        clock.now_s += seconds
        assert gate.verdict.ready
        assert "CALCIO_SCHEMA_GATE=off" in gate.verdict.reason


def test_who_can_not_register_trusts_equality_alone() -> None:
    """Without a row that a contract would wait for, a newer schema is not taken on trust."""
    gate, clock = gate_and_clock()
    gate.registered = False
    whole_round(gate, clock, AHEAD, 0)
    assert not gate.verdict.ready
    assert gate.verdict.standing is Standing.AHEAD
    whole_round(gate, clock, AT_HEAD, 0)
    assert gate.verdict.ready


def test_since_is_when_it_began() -> None:
    """A verdict that goes on keeps the time at which it was first said."""
    gate, clock = gate_and_clock()
    whole_round(gate, clock, AT_HEAD, 0)
    since = gate.verdict.since
    whole_round(gate, clock, AT_HEAD, 1)
    assert gate.verdict.since == since
    asyncio.run(gate.saw(BROKEN))
    assert gate.verdict.since > since


def test_sessions_are_expired_when_found_changes() -> None:
    """Plans that were made for another schema are let go before the verdict names the new one."""
    said: list[tuple[str, ...]] = []
    gate, clock = gate_and_clock()

    class Noting:
        async def expire(self) -> None:
            said.append(gate.verdict.found)

        async def prove(self) -> None:
            raise AssertionError("nobody has doubted")

    whole_round(gate, clock, AT_HEAD, 0)
    gate.sessions = Noting()
    whole_round(gate, clock, AT_HEAD, 0)
    whole_round(gate, clock, AHEAD, 0)
    assert said == [("0001",)]
    assert gate.verdict.found == ("0002",)
