"""The lease a process believes in, against the one in its row, on every sequence of rounds and pauses."""

from hypothesis import given
from hypothesis import strategies as st

from service.gate.lease import Lease, boottime

LEASE_S, MARGIN_S = 120.0, 45.0
seconds = st.floats(0, 500, allow_nan=False)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


# How long until a round is sent, how long it takes, and whether it was whole.
rounds = st.lists(st.tuples(seconds, seconds, st.booleans()), max_size=20)


@given(rounds, seconds)
def test_it_ends_a_margin_before_the_row_does(
    rounds: list[tuple[float, float, bool]], pause_s: float
) -> None:
    """Whoever believes in its lease has a row that lives for at least the margin longer."""
    clock = Clock()
    lease = Lease(LEASE_S, MARGIN_S, clock)
    row_ends_at = float("-inf")
    for wait_s, round_s, is_whole in rounds:
        clock.now_s += wait_s
        sent_at = lease.now()
        # The server counts from when it ran the statement: at the earliest when that was sent.
        row_ends_at = sent_at + LEASE_S
        clock.now_s += round_s
        if is_whole:
            lease.renewed(sent_at)
    clock.now_s += pause_s
    if lease.holds:
        assert clock.now_s + MARGIN_S < row_ends_at + 1e-6


@given(seconds)
def test_a_lease_that_never_began_does_not_hold(wait_s: float) -> None:
    """Before the first whole round there is nothing to believe in."""
    clock = Clock()
    lease = Lease(LEASE_S, MARGIN_S, clock)
    clock.now_s += wait_s
    assert not lease.holds
    assert lease.remaining_s == 0


@given(seconds, seconds)
def test_it_counts_from_before_the_round_was_sent(round_s: float, wait_s: float) -> None:
    """A round that took long is not paid for by the database."""
    clock = Clock()
    lease = Lease(LEASE_S, MARGIN_S, clock)
    sent_at = lease.now()
    clock.now_s += round_s
    lease.renewed(sent_at)
    clock.now_s += wait_s
    assert lease.holds == (round_s + wait_s < LEASE_S - MARGIN_S)


@given(seconds, seconds)
def test_an_older_round_shortens_nothing(first_s: float, second_s: float) -> None:
    """What was learned from a later round stays learned."""
    clock = Clock()
    lease = Lease(LEASE_S, MARGIN_S, clock)
    earlier, later = sorted((first_s, second_s))
    lease.renewed(later)
    before = lease.remaining_s
    lease.renewed(earlier)
    assert lease.remaining_s == before


def test_given_up_it_is_over() -> None:
    """Whoever is about to delete its row believes in nothing any more."""
    clock = Clock()
    lease = Lease(LEASE_S, MARGIN_S, clock)
    lease.renewed(lease.now())
    assert lease.holds
    lease.gave_up()
    assert not lease.holds


def test_its_clock_never_goes_back() -> None:
    """The clock is one that no one sets."""
    assert boottime() <= boottime()
