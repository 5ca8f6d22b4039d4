"""What a list of goals must be to belong to a match, and the score that it makes."""

from collections.abc import Mapping, Sequence

from service.errors import Problem
from service.matches.models import NewGoal, Side

OTHER: dict[Side, Side] = {"home": "away", "away": "home"}


def score(goals: Sequence[NewGoal], sides: Mapping[int, Side]) -> tuple[int, int]:
    """Home's and away's goals; raises Problem at the first one that cannot have been."""
    counted: dict[Side, int] = {"home": 0, "away": 0}
    for place, goal in enumerate(goals):
        _check(goal, sides, f"$[{place}]")
        side = sides[goal.scorer_id]
        counted[OTHER[side] if goal.own_goal else side] += 1
    return counted["home"], counted["away"]


def _check(goal: NewGoal, sides: Mapping[int, Side], path: str) -> None:
    if goal.scorer_id not in sides:
        raise Problem.at(f"{path}.scorer_id", "Expected a player of this match")
    if goal.assistant_id is None:
        return
    if goal.own_goal:
        raise Problem.at(f"{path}.assistant_id", "Expected none for an own goal")
    if goal.assistant_id == goal.scorer_id:
        raise Problem.at(f"{path}.assistant_id", "Expected another player than the scorer")
    if sides.get(goal.assistant_id) != sides[goal.scorer_id]:
        raise Problem.at(f"{path}.assistant_id", "Expected a player of the scorer's side")
