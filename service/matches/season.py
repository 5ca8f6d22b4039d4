"""Which season a game belongs to."""

from datetime import UTC, datetime

FIRST_MONTH = 8


def season_of(starts_at: datetime) -> int:
    """The year in which the season begins: one lasts from August to July, in UTC."""
    starts_at = starts_at.astimezone(UTC)
    return starts_at.year if starts_at.month >= FIRST_MONTH else starts_at.year - 1
