"""A day is the policy's zone's; from its deadline on nobody opens it, and closed it stays closed."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.policy_file import read_policy
from plugins.store.calendar import Calendar, ClosedDayError, Fate
from plugins.store.door import Folder
from plugins.store.records import Marks
from plugins.store.terms import Terms
from schemas.policy import Policy
from schemas.receipts import Mark
from tests.stores import POLICY, utc

DAY = date(2026, 11, 20)
DEADLINE = utc(2026, 11, 26, 23)  # midnight in Oslo, seven days after the day's first instant


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    path.write_text(POLICY)
    return read_policy(path)


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    return Marks(Folder(tmp_path))


def calendar(policy: Policy, marks: Marks, now: datetime) -> Calendar:
    return Calendar(policy, marks, Terms(marks.place, policy.keep), lambda: now)


def closed(day: date, state: str = "closed") -> Mark:
    return Mark.model_validate({"day": day, "state": state, "how": "rebuilt", "lines": 1, "since": DEADLINE})


def test_a_day_may_be_opened_until_its_deadline_and_not_at_it(policy: Policy, marks: Marks) -> None:
    calendar(policy, marks, DEADLINE - timedelta(microseconds=1)).admit(DAY)
    for now in (DEADLINE, DEADLINE + timedelta(days=100)):
        told = "2026-11-20 is past its deadline, 2026-11-27 00:00 Europe/Oslo; close it"
        with pytest.raises(ClosedDayError, match=told):
            calendar(policy, marks, now).admit(DAY)


@pytest.mark.parametrize("state", ["closing", "closed"])
def test_a_day_with_a_mark_is_never_admitted_again(state: str, policy: Policy, marks: Marks) -> None:
    marks.put(closed(DAY, state))
    for now in (DEADLINE - timedelta(days=6), DEADLINE):
        with pytest.raises(ClosedDayError, match=rf"2026-11-20 is {state} \(rebuilt\); its addresses are forgotten"):
            calendar(policy, marks, now).admit(DAY)


@pytest.mark.parametrize(
    ("day", "deadline"),
    [
        (date(2026, 3, 29), utc(2026, 4, 4, 23)),  # clocks go forward on this day, one hour less
        (date(2026, 10, 25), utc(2026, 10, 31, 22)),
        (date(2026, 10, 20), utc(2026, 10, 26, 22)),  # clocks go back inside the window
    ],
)
def test_the_window_is_a_number_of_hours_also_when_clocks_are_changed(
    day: date, deadline: datetime, policy: Policy, marks: Marks
) -> None:
    """Otherwise the promise would be an hour longer once a year."""
    assert calendar(policy, marks, deadline).deadline(day) == deadline


def test_today_is_the_policys_zones(policy: Policy, marks: Marks) -> None:
    assert calendar(policy, marks, utc(2026, 11, 20, 22, 59)).today() == DAY
    assert calendar(policy, marks, utc(2026, 11, 20, 23)).today() == DAY + timedelta(days=1)


def test_a_day_is_due_when_its_deadline_comes_before_the_next_run(policy: Policy, marks: Marks) -> None:
    an_hour = timedelta(hours=1)
    assert not calendar(policy, marks, DEADLINE - an_hour - timedelta(seconds=1)).is_due(DAY, an_hour)
    assert calendar(policy, marks, DEADLINE - an_hour).is_due(DAY, an_hour)


@pytest.mark.parametrize(
    ("now", "was_opened", "mark", "fate"),
    [
        (DEADLINE - timedelta(days=6), False, None, Fate.KEPT),
        (DEADLINE - timedelta(days=6), True, None, Fate.KEPT),
        (DEADLINE - timedelta(days=6), True, "closed", Fate.CLOSED),
        (DEADLINE - timedelta(days=6), False, "closing", Fate.CLOSED),
        (DEADLINE, True, None, Fate.CLOSED),
        (DEADLINE, False, None, Fate.IMPORTED),
        (DEADLINE, False, "closed", Fate.CLOSED),
        (utc(2028, 12, 19), False, None, Fate.IMPORTED),
        (utc(2028, 12, 21), False, None, Fate.EXPIRED),
        (utc(2028, 12, 21), True, "closed", Fate.EXPIRED),
    ],
)
def test_what_becomes_of_a_line(
    now: datetime, was_opened: bool, mark: str | None, fate: Fate, policy: Policy, marks: Marks
) -> None:
    if mark:
        marks.put(closed(DAY, mark))
    assert calendar(policy, marks, now).fate(DAY, was_opened) is fate


@given(st.integers(0, 2 * 365 * 24 * 60), st.integers(-40, 40), st.booleans())
def test_a_line_is_kept_exactly_where_its_day_may_be_opened(
    policy: Policy, minutes: int, days: int, was_opened: bool
) -> None:
    one = calendar(policy, Marks(Folder(Path("/nonexistent"))), utc(2026, 1, 1) + timedelta(minutes=minutes))
    day = one.today() + timedelta(days=days)
    try:
        one.admit(day)
        admitted = True
    except ClosedDayError:
        admitted = False
    assert admitted == (one.fate(day, was_opened) is Fate.KEPT) == (not one.is_past(day))
