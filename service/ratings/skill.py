"""How a result moves the ratings of those who played, as a function of nothing else."""

from collections.abc import Sequence

import msgspec


class Skill(msgspec.Struct, frozen=True):
    """How good a player is taken to be, and how unsure that is."""

    mu: float
    sigma: float


NEWCOMER = Skill(25.0, 25.0 / 3)


def after(home: Sequence[Skill], away: Sequence[Skill], score: tuple[int, int]) -> list[Skill]:
    """The skills of home and away, one after the other, after a match that ended `score`."""
    # `service.later` has imported it by now, and no start waits for it.
    from openskill.models import PlackettLuce

    model = PlackettLuce(mu=NEWCOMER.mu, sigma=NEWCOMER.sigma)
    teams = [[model.rating(mu=skill.mu, sigma=skill.sigma) for skill in side] for side in (home, away)]
    rated = model.rate(teams, scores=[float(goals) for goals in score])
    return [Skill(rating.mu, rating.sigma) for side in rated for rating in side]
