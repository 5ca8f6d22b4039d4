"""Splits players into two sides whose ratings differ by the least there can be, the same way for the same seed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from typing import NamedTuple

import msgspec

PLAYERS_MAX = 22
ROLES = ("goalkeeper", "defender", "winger", "pivot")
# Whole hundredths add up without rounding, so that two sums are equal or they are not.
HUNDREDTHS = 100
# Roles are counted in one integer, five bits each: 31 of a role is more than all players.
ROLE_BITS = 5
# A side without a goalkeeper is worse than any other imbalance.
ROLE_WEIGHTS = (10, 1, 1, 1)


class Candidate(msgspec.Struct, frozen=True):
    """One of those who come: what they weigh, and where they like to play."""

    id: int
    weight: float
    role: str = "any"


class Split(msgspec.Struct, frozen=True):
    """Two sides; of an odd number the away side has one more."""

    home: tuple[Candidate, ...]
    away: tuple[Candidate, ...]


class _Part(NamedTuple):
    """Some players of one half: a bit each, how many, their weight, their roles."""

    members: int
    weight: int
    roles: int


def split(candidates: Iterable[Candidate], seed: int) -> Split:
    """The fairest split: least difference of weights, then of roles; of equally fair ones the seed takes one."""
    players = sorted(candidates, key=lambda player: sha256(f"{seed}:{player.id}".encode()).digest())
    if not 2 <= len(players) <= PLAYERS_MAX:
        raise ValueError(f"expected 2 to {PLAYERS_MAX} players, found {len(players)}")
    members = _fairest(players)
    home = tuple(player for place, player in enumerate(players) if members >> place & 1)
    away = tuple(player for place, player in enumerate(players) if not members >> place & 1)
    return Split(home, away)


def _fairest(players: Sequence[Candidate]) -> int:
    """The home side's players, a bit each.

    Each half of the players has at most 2¹¹ parts. A home side is one part of each half, so the search is for
    the pair whose weights come nearest to half of all, and not through every side there is.
    """
    middle = len(players) // 2
    first = _parts(players[:middle], 0)
    second = _parts(players[middle:], middle)
    total = sum(map(_hundredths, players))
    matching = [(first[size], second[middle - size]) for size in range(middle + 1)]
    least = min(difference for one, other in matching for difference in _differences(one, other, total))
    pairs = (pair for one, other in matching for pair in _pairs(one, other, total, least))
    everybody = sum(map(_role, players))
    # Of pairs there are tens of thousands, of roles that a side can have some hundreds.
    apart = cache(lambda roles: _role_difference(roles, everybody))
    one, other = min(pairs, key=lambda pair: apart(pair[0].roles + pair[1].roles))
    return one.members | other.members


def _parts(players: Sequence[Candidate], offset: int) -> dict[int, list[_Part]]:
    """Every part of `players` by its size, lightest first, one for each weight and set of roles."""
    parts = [(0, _Part(0, 0, 0))]
    for place, player in enumerate(players, offset):
        weight, role = _hundredths(player), _role(player)
        parts += [
            (size + 1, _Part(part.members | 1 << place, part.weight + weight, part.roles + role))
            for size, part in parts
        ]
    distinct: dict[int, dict[tuple[int, int], _Part]] = defaultdict(dict)
    for size, part in parts:
        distinct[size].setdefault((part.weight, part.roles), part)
    return {size: [of_size[key] for key in sorted(of_size)] for size, of_size in distinct.items()}


def _differences(first: list[_Part], second: list[_Part], total: int) -> Iterator[int]:
    """|home - away| of pairs, the least among them, by walking one list up and the other one down."""
    at = len(second) - 1
    for part in first:
        while at >= 0:
            difference = 2 * (part.weight + second[at].weight) - total
            yield abs(difference)
            if difference <= 0:
                break
            at -= 1


def _pairs(
    first: list[_Part], second: list[_Part], total: int, difference: int
) -> Iterator[tuple[_Part, _Part]]:
    """Every pair whose sides differ by exactly `difference`, either way."""
    of_weight: dict[int, list[_Part]] = defaultdict(list)
    for part in second:
        of_weight[2 * part.weight].append(part)
    for part in first:
        for wanted in {total - difference, total + difference}:
            for other in of_weight.get(wanted - 2 * part.weight, ()):
                yield part, other


def _hundredths(player: Candidate) -> int:
    return round(player.weight * HUNDREDTHS)


def _role(player: Candidate) -> int:
    return 1 << ROLE_BITS * ROLES.index(player.role) if player.role in ROLES else 0


def _role_difference(home: int, everybody: int) -> int:
    """By how many players the sides differ, role by role."""
    difference, mask = 0, (1 << ROLE_BITS) - 1
    for place, weight in enumerate(ROLE_WEIGHTS):
        shift = ROLE_BITS * place
        difference += weight * abs(2 * (home >> shift & mask) - (everybody >> shift & mask))
    return difference
