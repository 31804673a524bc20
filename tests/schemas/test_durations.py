from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas.durations import Duration

durations = st.builds(
    Duration,
    months=st.integers(0, 1200),
    exact=st.builds(timedelta, days=st.integers(0, 36_000), seconds=st.integers(0, 86_399)),
)
instants = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(durations)
def test_the_spelling_of_a_duration_means_that_duration(duration):
    assert Duration.parse(str(duration)) == duration


@given(durations, instants)
def test_a_duration_never_ends_before_its_shortest_or_after_its_longest(duration, instant):
    assert duration.shortest <= duration.after(instant) - instant <= duration.longest
    assert duration.shortest <= instant - duration.before(instant) <= duration.longest


@given(durations, durations, instants)
def test_what_lasts_at_least_as_long_never_ends_earlier(one, other, instant):
    if one.at_least(other):
        assert one.after(instant) >= other.after(instant)


@pytest.mark.parametrize(
    ("text", "spelling", "words"),
    [
        ("P7D", "P7D", "7 days"),
        ("P2W", "P14D", "14 days"),
        ("P25M", "P25M", "25 months"),
        ("P1Y1M", "P13M", "13 months"),
        ("PT24H", "P1D", "1 day"),
        ("PT90M", "PT1H30M", "1 hour and 30 minutes"),
        ("P1M2DT3H4M5S", "P1M2DT3H4M5S", "1 month, 2 days, 3 hours, 4 minutes and 5 seconds"),
        ("P0D", "PT0S", "no time"),
    ],
)
def test_durations_have_one_spelling_and_plain_words(text, spelling, words):
    assert (str(Duration.parse(text)), Duration.parse(text).words) == (spelling, words)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "7D", "p7d", " P7D", "P7D\n", "P1.5D", "P-1D", "-P1D", "P1W1D", "P1H", "P1D1M", "P١D"],
)
def test_other_spellings_are_refused(text):
    with pytest.raises(ValueError, match="ISO 8601"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["P1201M", "P101Y", "P36526D", "P99999999W"])
def test_more_than_a_century_is_refused(text):
    with pytest.raises(ValueError, match="100 years"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("begin", "text", "end"),
    [
        ("2025-01-31T12:00+00:00", "P1M", "2025-02-28T12:00+00:00"),
        ("2024-01-31T12:00+00:00", "P1M", "2024-02-29T12:00+00:00"),
        ("2024-12-31T00:00+00:00", "P25M", "2027-01-31T00:00+00:00"),
        ("2024-11-30T00:00+00:00", "P1M", "2024-12-30T00:00+00:00"),
        ("2025-01-31T00:00+00:00", "P1MT1H", "2025-02-28T01:00+00:00"),
    ],
)
def test_months_follow_the_calendar(begin, text, end):
    assert Duration.parse(text).after(datetime.fromisoformat(begin)) == datetime.fromisoformat(end)


def test_a_day_is_24_hours_in_the_night_that_the_clocks_change():
    oslo = ZoneInfo("Europe/Oslo")
    before = datetime(2025, 3, 29, 12, tzinfo=oslo)
    assert Duration.parse("P1D").after(before) == datetime(2025, 3, 30, 13, tzinfo=oslo)
    assert Duration.parse("P1M").after(before).hour == 12


def test_whether_a_month_lasts_30_days_is_not_decided():
    month, thirty_days = Duration.parse("P1M"), Duration.parse("P30D")
    assert not month.at_least(thirty_days)
    assert not thirty_days.at_least(month)
    assert month.at_least(Duration.parse("P28D"))
    assert Duration.parse("P31D").at_least(month)
    assert month.at_least(Duration.parse("P1M"))


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Duration.parse("P1D").after(datetime(2025, 1, 1))  # noqa: DTZ001 - the mistake itself


def test_a_pydantic_field_takes_the_spelling_and_gives_it_back():
    class Model(BaseModel):
        lasts: Duration

    assert Model.model_validate({"lasts": "P25M"}).lasts == Duration(months=25)
    assert Model(lasts=Duration(months=25)).model_dump(mode="json") == {"lasts": "P25M"}
    with pytest.raises(ValidationError):
        Model.model_validate({"lasts": 25})
