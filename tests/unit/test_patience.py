"""How long a step goes on trying, on every sequence of tries and of transactions met."""

from hypothesis import given
from hypothesis import strategies as st

from db.runner.patience import DEADLOCKS, PAUSE_S, Patience
from db.runner.settings import RunnerSettings

SETTINGS = RunnerSettings(lock_timeout_ms=50, lock_timeout_max_ms=200)
BUSY, DEADLOCK = "55P03", "40P01"
met = st.sets(st.sampled_from("abcde"))


@given(st.lists(met, max_size=60))
def test_no_try_waits_longer_than_it_may(tries: list[set[str]]) -> None:
    """Whoever is in the way, readers behind the step stall for the setting at most, and never less than at first."""
    patience = Patience(SETTINGS)
    for transactions in tries:
        assert 50 <= patience.lock_timeout_ms <= 200
        pause_s = patience.pause_s(BUSY, transactions)
        assert pause_s is not None
        assert PAUSE_S[0] / 2 <= pause_s <= PAUSE_S[1]


@given(st.lists(met, max_size=20), st.integers(2, 20))
def test_it_waits_no_longer_for_one_that_lasts(others: list[set[str]], tries: int) -> None:
    """Against a transaction that is still there at the next try a longer one is of no use, and stalls the readers."""
    patience = Patience(SETTINGS)
    for number in range(tries):
        if number == 2:
            limit_ms = patience.lock_timeout_ms
        patience.pause_s(BUSY, {"long", *(others[number] if number < len(others) else ())})
        if number >= 2:
            assert patience.lock_timeout_ms == limit_ms
            assert "long" in patience.lasting


def test_it_waits_longer_where_it_meets_others_each_time() -> None:
    """Many short transactions end within a longer try: it grows until it is as long as it may be."""
    patience = Patience(SETTINGS)
    for number in range(20):
        patience.pause_s(BUSY, {f"short {number}"})
        assert not patience.lasting
    assert patience.lock_timeout_ms == 200


def test_where_nobody_looked_it_waits_longer_too() -> None:
    """Who is in the way is not always to be seen, and the step must get through all the same."""
    patience = Patience(SETTINGS)
    for _ in range(20):
        patience.pause_s(BUSY)
    assert patience.lock_timeout_ms == 200


def test_deadlocks_have_an_end_of_their_own() -> None:
    """A step that deadlocks again and again deadlocks by itself."""
    patience = Patience(SETTINGS)
    pauses = [patience.pause_s(DEADLOCK) for _ in range(DEADLOCKS)]
    assert None not in pauses[:-1]
    assert pauses[-1] is None


def test_a_spent_budget_is_the_end() -> None:
    """There is no last try without a limit."""
    assert Patience(RunnerSettings(lock_budget_s=0)).pause_s(BUSY) is None
