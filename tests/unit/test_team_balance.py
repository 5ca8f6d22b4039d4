"""The fairest split, against every split there is."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.teams.balance import PLAYERS_MAX, ROLES, Candidate, Split, split

SEEDS = st.integers(0, 2**53)


def squads(largest: int) -> st.SearchStrategy[list[Candidate]]:
    """Players of whom many weigh the same, so that roles and seed have something to decide."""
    weight = st.one_of(st.sampled_from([20.0, 25.0, 27.5]), st.floats(-10, 60))
    player = st.tuples(weight, st.sampled_from(["any", *ROLES]))
    return st.lists(player, min_size=2, max_size=largest).map(
        lambda players: [Candidate(place, *player) for place, player in enumerate(players)]
    )


def hundredths(side: Sequence[Candidate]) -> int:
    return sum(round(player.weight * 100) for player in side)


def difference(made: Split) -> int:
    return abs(hundredths(made.home) - hundredths(made.away))


def goalkeepers_apart(home: Sequence[Candidate], away: Sequence[Candidate]) -> int:
    return abs(sum(one.role == "goalkeeper" for one in home) - sum(one.role == "goalkeeper" for one in away))


def every_split(players: Sequence[Candidate]) -> list[Split]:
    return [
        Split(home, tuple(player for player in players if player not in home))
        for home in combinations(players, len(players) // 2)
    ]


@given(squads(9), SEEDS)
def test_no_split_has_a_smaller_difference(players: list[Candidate], seed: int) -> None:
    """The difference of the sides' weights is the least of all."""
    assert difference(split(players, seed)) == min(map(difference, every_split(players)))


@pytest.mark.parametrize("count", [PLAYERS_MAX - 1, PLAYERS_MAX])
def test_no_split_of_two_full_sides_has_a_smaller_difference(count: int) -> None:
    """Of eleven a side too the difference is the least of all 705,432 splits, and not an estimate."""
    drawn = Random(count)  # noqa: S311 - a draw, no secret
    players = [Candidate(place, drawn.uniform(10, 40)) for place in range(count)]
    weights = [round(player.weight * 100) for player in players]
    total = sum(weights)
    least = min(abs(2 * sum(home) - total) for home in combinations(weights, count // 2))
    assert difference(split(players, 0)) == least


@given(squads(9), SEEDS)
def test_of_the_fairest_splits_one_with_the_goalkeepers_apart_is_taken(
    players: list[Candidate], seed: int
) -> None:
    """No equally fair split shares the goalkeepers better."""
    made = split(players, seed)
    equals = [other for other in every_split(players) if difference(other) == difference(made)]
    best = min(goalkeepers_apart(other.home, other.away) for other in equals)
    assert goalkeepers_apart(made.home, made.away) == best


@given(squads(PLAYERS_MAX), SEEDS)
def test_everybody_plays_once_and_the_sides_are_even(players: list[Candidate], seed: int) -> None:
    """Nobody is left out or doubled, and no side has two more."""
    made = split(players, seed)
    assert sorted(player.id for player in made.home + made.away) == [player.id for player in players]
    assert len(made.away) - len(made.home) in (0, 1)


@given(squads(PLAYERS_MAX), SEEDS, st.randoms())
def test_a_seed_makes_the_same_split_whoever_is_named_first(
    players: list[Candidate], seed: int, random: Random
) -> None:
    """The split depends on who comes and on the seed, and on nothing else."""
    shuffled = list(players)
    random.shuffle(shuffled)
    assert split(shuffled, seed) == split(players, seed)


def test_another_seed_may_split_equals_otherwise() -> None:
    """Among equals the draw decides, so that not the same always play together."""
    players = [Candidate(place, 25.0) for place in range(10)]
    sides = {frozenset(player.id for player in split(players, seed).home) for seed in range(20)}
    assert len(sides) > 10


@pytest.mark.parametrize("count", [0, 1, PLAYERS_MAX + 1])
def test_too_few_or_too_many_are_refused(count: int) -> None:
    """A split needs somebody on each side, and its cost has a bound."""
    with pytest.raises(ValueError, match=f"found {count}"):
        split([Candidate(place, 25.0) for place in range(count)], 0)
