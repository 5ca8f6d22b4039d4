"""`python -m bench.balance`: how long the fairest split of 22 players takes, and looking at every split beside it."""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from random import Random

from service.teams.balance import PLAYERS_MAX, ROLES, Candidate, split

ROUNDS = 15  # whose least is told: another load on the machine only adds
SQUADS = 5
EVERY_ROLE = ("any", *ROLES)
# Found by changing players of "a hundredth apart" at random: each change that left more equally fair splits stayed.
WORST = (
    (2508, 0), (2518, 4), (2507, 3), (2513, 0), (2504, 1), (2505, 4), (2508, 2), (2507, 2),
    (2508, 1), (2513, 1), (2510, 4), (2511, 3), (2515, 1), (2513, 2), (2514, 0), (2511, 3),
    (2510, 2), (2517, 4), (2516, 1), (2513, 3), (2512, 3), (2512, 2),
)  # fmt: skip
WEIGHTS: Mapping[str, Callable[[Random, int], float]] = {
    "as they come": lambda drawn, _: drawn.gauss(25, 25 / 3),
    "newcomers": lambda _drawn, _place: 25.0,
    "a hundredth apart": lambda _, place: 25 + place / 100,
    "few weights": lambda drawn, _: drawn.choice([20.0, 25.0, 27.5]),
}


def squads() -> dict[str, list[list[Candidate]]]:
    """Players to split, by what is told of them."""
    drawn = Random(1)  # noqa: S311 - a draw, no secret
    found = {
        name: [
            [Candidate(place, weight(drawn, place), drawn.choice(EVERY_ROLE)) for place in range(PLAYERS_MAX)]
            for _ in range(SQUADS)
        ]
        for name, weight in WEIGHTS.items()
    }
    worst = [Candidate(place, weight / 100, EVERY_ROLE[role]) for place, (weight, role) in enumerate(WORST)]
    return {**found, "the worst that was found": [worst]}


def least_ms(squad: Sequence[Candidate]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        split(squad, 0)
        took.append(time.perf_counter() - began)
    return min(took) * 1000


def every_split_ms(squad: Sequence[Candidate]) -> float:
    """The least difference by looking at all 705,432 splits, without a word about roles."""
    weights = [round(player.weight * 100) for player in squad]
    total = sum(weights)
    began = time.perf_counter()
    min(abs(2 * sum(side) - total) for side in combinations(weights, len(weights) // 2))
    return (time.perf_counter() - began) * 1000


def main() -> None:
    found = squads()
    for name, each in found.items():
        print(f"{name:25} {max(map(least_ms, each)):6.1f} ms")
    [[worst]] = [each for name, each in found.items() if name.startswith("the worst")]
    print(f"{'looking at every split':25} {every_split_ms(worst):6.0f} ms")


if __name__ == "__main__":
    main()
