"""What a session can become."""

from typing import Literal, get_args

State = Literal["planned", "open", "locked", "played", "cancelled"]

NEXT: dict[State, set[State]] = {
    "planned": {"open", "cancelled"},
    "open": {"locked", "cancelled"},
    "locked": {"open", "played", "cancelled"},
    "played": set(),
    "cancelled": set(),
}
TAKES_ANSWERS: set[State] = {"planned", "open"}
TAKES_TEAMS: set[State] = {"open", "locked"}
TAKES_MATCHES: set[State] = {"locked", "played"}


def may_become(found: State, wanted: State) -> bool:
    """Whether a session in state `found` may be set to `wanted`; to stay is no change."""
    return wanted == found or wanted in NEXT[found]


def what_follows(found: State) -> str:
    """Which states a session in state `found` may be set to, in words."""
    following = [state for state in get_args(State) if state in NEXT[found]]
    return f"Expected {' or '.join(following)}" if following else "Expected no other state"
