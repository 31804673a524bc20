"""A longer promise never holds what was collected before it, a shorter one is for all; months are the calendar's."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.store.calendar import Calendar
from plugins.store.door import Folder
from plugins.store.records import Marks
from plugins.store.terms import Terms
from schemas.durations import Duration
from schemas.policy_model import Keep, Policy, Site
from tests.stores import utc

OSLO = ZoneInfo("Europe/Oslo")
KINDS = ("visit_log", "statistics", "receipts", "audit")
DAY = timedelta(days=1)


class Years:
    """A store over time; each look at it opens it anew."""

    def __init__(self, folder: Path, zone: str = "Europe/Oslo") -> None:
        self.place, self.zone, self.now, self.keep = Folder(folder), zone, utc(2026, 1, 1), Keep()

    def calendar(self) -> Calendar:
        policy = Policy(site=Site(timezone=self.zone), keep=self.keep)
        return Calendar(policy, Marks(self.place), Terms(self.place, self.keep), lambda: self.now)

    def work(self, now: datetime, **keep: str) -> Calendar:
        """A run under another [keep]."""
        self.now, self.keep = now, Keep.model_validate(keep)
        calendar = self.calendar()
        calendar.terms.note(now)
        return self.calendar()


@pytest.fixture
def years(tmp_path: Path) -> Years:
    return Years(tmp_path)


@pytest.mark.parametrize("kind", [*KINDS, "security_window", "backups"])
def test_a_longer_keep_is_for_days_that_begin_after_it_and_a_shorter_one_for_all(kind: str, years: Years) -> None:
    years.work(utc(2026, 1, 1), **{kind: "P10D"})
    longer = years.work(utc(2026, 2, 1, 12), **{kind: "P20D"})
    assert longer.ends(kind, date(2026, 1, 31)) == datetime(2026, 2, 10, tzinfo=OSLO)
    assert longer.ends(kind, date(2026, 2, 1)) == datetime(2026, 2, 11, tzinfo=OSLO), "this day began before"
    assert longer.ends(kind, date(2026, 2, 2)) == datetime(2026, 2, 22, tzinfo=OSLO)
    shorter = years.work(utc(2026, 2, 3), **{kind: "P5D"})
    assert [shorter.ends(kind, date(2026, 2, day)).day for day in (1, 2, 3)] == [6, 7, 8]
    back = years.work(utc(2026, 2, 4), **{kind: "P20D"})
    assert [back.ends(kind, date(2026, 2, day)).day for day in (1, 2, 3, 4, 5)] == [6, 7, 8, 9, 25]


def test_a_policy_counts_from_its_first_look_at_the_store_even_if_no_run_has_noted_it(years: Years) -> None:
    years.work(utc(2026, 1, 1), visit_log="P90D")
    years.keep = Keep.model_validate({"visit_log": "P30D"})
    assert years.calendar().ends("visit_log", date(2026, 1, 5)) == datetime(2026, 2, 4, tzinfo=OSLO)
    years.keep = Keep.model_validate({"visit_log": "P120D"})
    assert years.calendar().ends("visit_log", date(2026, 1, 5)).date() == date(2026, 4, 5), "90 days, as before"


def test_the_same_keep_is_noted_once(years: Years) -> None:
    for hour in range(5):
        years.work(utc(2026, 1, 1, hour))
    assert len(years.calendar().terms.known) == 1


@pytest.mark.parametrize("wrong", [utc(2019, 1, 1), utc(2040, 1, 1)])
def test_a_clock_that_was_wrong_for_an_hour_lengthens_nothing(wrong: datetime, years: Years) -> None:
    years.work(utc(2026, 1, 1), visit_log="P30D")
    years.work(wrong, visit_log="P60D")
    right = years.work(utc(2026, 1, 2), visit_log="P90D")
    assert right.ends("visit_log", date(2025, 12, 31)) == datetime(2026, 1, 30, tzinfo=OSLO)
    assert right.ends("visit_log", date(2026, 1, 1)) == datetime(2026, 1, 31, tzinfo=OSLO)


def test_in_a_replay_whose_clock_stands_still_the_shortest_of_all_counts(years: Years) -> None:
    now = utc(2026, 11, 20, 12)
    for keep in ("P90D", "P30D", "P365D"):
        calendar = years.work(now, visit_log=keep)
    assert calendar.ends("visit_log", date(2026, 11, 20)) == datetime(2026, 12, 20, tzinfo=OSLO)


@pytest.mark.parametrize(
    ("keep", "day", "ends"),
    [
        ("P1M", date(2026, 1, 31), (2026, 2, 28)),  # the last of February for four days of January
        ("P1M", date(2026, 1, 28), (2026, 2, 28)),
        ("P1M", date(2028, 1, 31), (2028, 2, 29)),
        ("P12M", date(2028, 2, 29), (2029, 2, 28)),
        ("P25M", date(2026, 3, 29), (2028, 4, 29)),
        ("P7D", date(2026, 3, 25), (2026, 4, 1, 1)),  # exact time: an hour is lost when clocks go forward
        ("P7D", date(2026, 10, 21), (2026, 10, 27, 23)),
        ("P6M", date(2026, 3, 1), (2026, 9, 1)),  # months are the wall clock's
    ],
)
def test_months_end_at_midnight_and_days_after_so_many_hours(
    keep: str, day: date, ends: tuple[int, ...], years: Years
) -> None:
    found = years.work(utc(2026, 1, 1), visit_log=keep).ends("visit_log", day)
    assert found.replace(tzinfo=None) == datetime(*ends)  # type: ignore[arg-type]  # noqa: DTZ001


def test_midnights_that_do_not_exist_end_something_too(tmp_path: Path) -> None:
    """In Santiago the clocks go forward at midnight: 6 September 2026 begins at one."""
    years = Years(tmp_path, "America/Santiago")
    calendar = years.work(utc(2026, 1, 1), visit_log="P1M", security_window="P7D")
    assert calendar.ends("visit_log", date(2026, 8, 6)).astimezone(ZoneInfo("UTC")) == utc(2026, 9, 6, 4)
    assert calendar.deadline(date(2026, 9, 6)) == utc(2026, 9, 13, 4)


DURATIONS = st.builds(
    Duration,
    months=st.integers(0, 30),
    exact=st.integers(0, 100).map(lambda days: timedelta(days=days)),
)
CHANGES = st.lists(st.tuples(st.integers(0, 40 * 24), DURATIONS), min_size=1, max_size=6)


@given(CHANGES, st.integers(-400, 200), st.sampled_from(["Europe/Oslo", "America/Santiago", "UTC"]))
def test_a_day_ends_by_the_shortest_promise_in_force_since_it_began(
    changes: list[tuple[int, Duration]], offset: int, zone: str
) -> None:
    """Whatever the changes: never later than any promise under which the day was held; monotonic over days."""
    place, now = MemoryPlace(), utc(2026, 1, 1)
    day, since = date(2026, 1, 1) + timedelta(days=offset), []
    for hours, lasts in changes:
        now += timedelta(hours=hours)
        keep = Keep.model_construct(**(dict(Keep()) | {"visit_log": lasts}))
        Terms(place, keep).note(now)  # type: ignore[arg-type]
        since.append((now, lasts))
    calendar = Calendar(
        Policy(site=Site(timezone=zone)),
        Marks(place),  # type: ignore[arg-type]
        Terms(place, keep),  # type: ignore[arg-type]
        lambda: now,
    )
    start = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    begin = start.astimezone(ZoneInfo(zone))
    over = [following for (following, _), _ in zip(since[1:], since, strict=False)]
    held = [lasts for number, (_, lasts) in enumerate(since) if number == len(over) or over[number] > start]
    assert calendar.ends("visit_log", day) == min(lasts.after(begin) for lasts in held)
    assert calendar.ends("visit_log", day) <= calendar.ends("visit_log", day + DAY)


class MemoryPlace:
    """A place in memory, since Hypothesis asks for hundreds."""

    where = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        self.objects[name] = content

    def get(self, name: str) -> bytes:
        if name not in self.objects:
            raise FileNotFoundError(name)
        return self.objects[name]
