"""What is wrong with a day is found on the day; a year in which nothing is wrong is quiet."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from tests.transforms.checking.years import FIRST, HOLIDAYS, Rows, Site, history, year
from transforms.checking.anomalies import Finding, find_anomalies

SITES = {
    "usual": Site(),
    "tiny": Site(people=40, robots=150),
    "small": Site(people=300, robots=400),
    "big": Site(people=60_000, robots=30_000),
    "of offices": Site(weekend=0.15, holiday=0.12),
    "of shoppers": Site(weekend=1.4, peaks=15),
    "growing": Site(growth=6),
    "mostly robots": Site(people=2_000, robots=9_000),
}
TUESDAY = date(2026, 9, 15)


@cache
def usual_year() -> tuple[Rows, ...]:
    return tuple(year(Site(), seed=1))


def days_with(change: Callable[[Rows], Rows], first: date = TUESDAY, days: int = 1) -> list[Rows]:
    """The usual year, with some of its days changed."""
    begin = (first - FIRST).days
    changed = [change(list(rows)) for rows in usual_year()[begin : begin + days]]
    return [*usual_year()[:begin], *changed, *usual_year()[begin + days :]]


def times(factor: float, *kinds: str, failed: float | None = None) -> Callable[[Rows], Rows]:
    """Hits of these kinds of agents times a factor, and which share of them failed."""

    def change(rows: Rows) -> Rows:
        found = []
        for row in rows:
            hits = round(row["hits"] * factor) if row["agent_kind"] in kinds else row["hits"]
            part = {} if failed is None else {"errors_5xx": round(hits * failed)}
            found.append(row | {"hits": hits} | part)
        return found

    return change


ALL = ("human", "bot", "ai", "attack")


def found(days: list[Rows], day: date = TUESDAY) -> list[Finding]:
    return find_anomalies(history(days), day)


@pytest.mark.parametrize("site", SITES)
def test_a_normal_year_is_quiet(site: str) -> None:
    """With weekends, holidays, a summer, growth and peaks: at most one false alarm in two years."""
    alarms = []
    for seed in (1, 2):
        days = year(SITES[site], seed)
        series = history(days)
        alarms += [one for n in range(len(days)) for one in find_anomalies(series, FIRST + timedelta(days=n))]
    assert len(alarms) <= 1, [str(one) for one in alarms]


def test_a_log_that_was_not_shipped_is_a_fall_to_nothing_and_a_fall_to_little() -> None:
    for left in (0.0, 0.1, 0.2):
        (finding,) = found(days_with(times(left, *ALL)))
        assert finding.kind == "fall"
    assert str(found(days_with(times(0.1, *ALL)))[0]).startswith("2026-09-15: ")
    assert "of the hits of other Tuesdays; was a log not shipped, or the site down?" in finding.words


def test_a_day_without_any_file_is_a_fall_too() -> None:
    (finding,) = found(days_with(lambda _: []))
    assert (finding.kind, finding.words[:13]) == ("fall", "0% of the hit")


def test_a_dead_shipper_on_a_holiday_is_found_and_a_holiday_is_not_one() -> None:
    assert found(days_with(times(0.1, *ALL), date(2026, 5, 14)), date(2026, 5, 14))
    quiet = history(list(usual_year()))
    assert [one for day in HOLIDAYS if day.year == 2026 for one in find_anomalies(quiet, day)] == []


def test_hours_without_a_hit_are_found_where_there_always_are_some() -> None:
    def without(*hours: int) -> Callable[[Rows], Rows]:
        return lambda rows: [row for row in rows if row["hour"].hour not in hours]

    assert found(days_with(without(9))) == [], "an hour may be a restart"
    (finding,) = found(days_with(without(9, 10, 11)))
    assert (finding.kind, finding.words) == (
        "silence",
        "no hit in 3 hours that never were without; was a log not shipped?",
    )


def test_an_hour_that_a_day_does_not_have_is_not_silent() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        assert found(list(usual_year()), day) == []


def test_a_day_that_was_read_twice_is_found_by_its_even_counts_without_any_history() -> None:
    def twice(rows: Rows) -> Rows:
        return [row | {"hits": 2 * row["hits"], "bytes_sent": 2 * row["bytes_sent"]} for row in rows]

    (finding,) = find_anomalies(history([twice(list(usual_year()[0]))]), FIRST)
    assert finding.words == "every count is even, as if each line was read twice; is a log named twice?"


def test_a_day_that_was_read_twice_but_for_some_lines_is_found_by_its_hours() -> None:
    (finding,) = found(days_with(times(1.93, *ALL)))
    assert finding.kind == "double"


def test_a_crowd_is_no_double_import_and_growth_for_good_is_none() -> None:
    assert found(days_with(times(2.4, "human"))) == [], "robots do not come with it"
    later = TUESDAY + timedelta(days=6)
    assert found(days_with(times(2.0, *ALL), days=60), later) == []


def test_a_wave_of_robots_is_found_and_many_people_are_none() -> None:
    (finding,) = found(days_with(times(6, "bot", "ai")))
    assert finding.kind == "robots"
    assert found(days_with(times(4, "human"))) == []


def test_a_wave_of_errors_is_found() -> None:
    (finding,) = found(days_with(times(1, failed=0.06)))
    assert finding.kind == "errors"
    assert finding.words.startswith("5.9% of the hits failed at the server (status 5xx), 0.2% are usual")


def test_a_rise_of_what_cannot_be_read_is_found() -> None:
    (finding,) = find_anomalies(history(list(usual_year()), quarantined={TUESDAY: 900}), TUESDAY)
    assert finding.kind == "quarantine"


def test_a_log_of_several_that_fell_silent_is_found_once_no_more_lines_of_the_day_can_come() -> None:
    weeks = [TUESDAY - timedelta(days=n) for n in range(57)]
    logs = {"www": dict.fromkeys(weeks, 3000), "shop": dict.fromkeys(weeks, 2500) | {TUESDAY: 40}}
    series = history(list(usual_year()), logs=logs)
    assert find_anomalies(series, TUESDAY, ["www"]) == []
    (finding,) = find_anomalies(series, TUESDAY, ["www", "shop"])
    assert finding.words == "shop: 2% of the lines of other Tuesdays; was the log not shipped?"


def test_a_site_that_is_smaller_for_good_is_told_of_for_some_days_and_no_longer() -> None:
    days = days_with(times(0.2, *ALL), days=60)
    series = history(days)
    told = [n for n in range(60) if find_anomalies(series, TUESDAY + timedelta(days=n))]
    assert told[0] == 0
    assert max(told) < 7


def test_nothing_is_said_before_there_are_four_weeks_to_compare_with() -> None:
    days = days_with(times(0.0, *ALL), FIRST + timedelta(days=27))
    assert find_anomalies(history(days), FIRST + timedelta(days=27)) == []
    days = days_with(times(0.0, *ALL), FIRST + timedelta(days=28))
    assert find_anomalies(history(days), FIRST + timedelta(days=28)) != []


def test_a_day_after_weeks_without_a_line_is_compared_with_nothing() -> None:
    series = history(days_with(times(1, failed=0.5)))
    weeks = dict.fromkeys((TUESDAY - timedelta(days=n) for n in range(1, 57)), 0)
    alone = {TUESDAY: series.hits[TUESDAY]}
    silent = replace(series, hits=weeks | alone, lines=weeks | alone, people=weeks, robots=weeks | alone)
    assert [one for one in find_anomalies(silent, TUESDAY) if one.kind == "errors"] == []
