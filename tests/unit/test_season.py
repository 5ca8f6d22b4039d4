"""A season runs from August to July, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.matches.season import season_of

TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2998, 12, 31), timezones=st.timezones())  # noqa: DTZ001 - theirs


@pytest.mark.parametrize(
    ("starts_at", "season"),
    [
        (datetime(2025, 7, 31, 23, 59, tzinfo=UTC), 2024),
        (datetime(2025, 8, 1, tzinfo=UTC), 2025),
        (datetime(2026, 1, 15, tzinfo=UTC), 2025),
        (datetime(2025, 8, 1, 1, tzinfo=timezone(timedelta(hours=2))), 2024),
    ],
)
def test_a_season_is_named_by_the_year_it_begins_in(starts_at: datetime, season: int) -> None:
    """January belongs to the season before; the last night of July is still the old one."""
    assert season_of(starts_at) == season


@given(TIMES, st.timezones())
def test_a_season_is_the_same_from_everywhere(starts_at: datetime, elsewhere: timezone) -> None:
    """The same moment told in another time zone is in the same season."""
    assert season_of(starts_at) == season_of(starts_at.astimezone(elsewhere))
