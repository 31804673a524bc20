"""Days are local; what cannot be read gets the day of what could."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.visits.days import days_of_unreadable, local_days

EPOCH = date(1970, 1, 1)


def microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    st.sampled_from(["UTC", "Europe/Oslo", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]),
)
def test_a_day_is_the_zones_own(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    (day,) = local_days(np.array([microseconds(moment)]), zone)
    assert day == (moment.astimezone(zone).date() - EPOCH).days


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_days_have_23_to_25_hours(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Oslo")
    start = microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))
    instants = start + np.arange(-30, 30) * 3_600_000_000
    assert int((local_days(instants, zone) == (day - EPOCH).days).sum()) == hours


def test_quarantine_belongs_to_the_last_good_line_before_it_else_to_the_next_else_to_the_reading() -> None:
    good, days = np.array([3, 5, 9]), np.array([100, 101, 100])
    found = days_of_unreadable(np.array([1, 4, 6, 7, 10]), good, days, read_on=500)
    assert found.tolist() == [100, 100, 101, 101, 100]
    assert days_of_unreadable(np.array([1]), good[:0], days[:0], read_on=500).tolist() == [500]
