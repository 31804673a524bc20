"""Which days are shown for what somebody typed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.report.choosing import choose_period, newest_whole
from schemas.refusals import RefusedError
from transforms.report.period import Period

TODAY = date(2026, 11, 28)
PUBLISHED = [TODAY - timedelta(days=n) for n in range(60, 0, -1)]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("", "", Period(date(2026, 10, 31), date(2026, 11, 27))),
        ("2026-11-01", "", Period(date(2026, 11, 1), date(2026, 11, 27))),
        ("", "2026-11-10", Period(date(2026, 10, 14), date(2026, 11, 10))),
        ("", "2026-10-01", Period(date(2026, 9, 29), date(2026, 10, 1))),
        ("2026-11-05", "2026-11-05", Period(date(2026, 11, 5), date(2026, 11, 5))),
        ("2026-11-05", "2026-11-28", Period(date(2026, 11, 5), TODAY)),
        ("2001-01-01", "2026-11-05", Period(date(2026, 9, 29), date(2026, 11, 5))),
        ("0001-01-01", "", Period(date(2026, 9, 29), date(2026, 11, 27))),
    ],
)
def test_a_period_is_cut_where_the_tables_begin_and_is_usually_four_weeks(first: str, last: str, found: Period) -> None:
    assert choose_period(first, last, PUBLISHED, TODAY) == found


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2026-11-10", "2026-11-09", "begins on 2026-11-10 and ends before it, on 2026-11-09; turn them round"),
        ("2026-11-10", "2026-11-29", "ends on 2026-11-29, which is yet to come; the newest day with tables is 2026-11"),
        ("2026-11-28", "2026-11-28", "no day from 2026-11-28 to 2026-11-28 has tables; there are some from 2026-09-29"),
        ("2001-01-01", "2001-01-31", "no day from 2001-01-01 to 2001-01-31 has tables"),
        ("2026-13-01", "", "the first day is none; write it as in 2026-07-31"),
        ("", "yesterday", "the last day is none"),
        ("20261101", "", "the first day is none"),
        ("2026-W45-1", "", "the first day is none"),
        ("", "2026-11-01\x00", "the last day is none"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(first: str, last: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        choose_period(first, last, PUBLISHED, TODAY)


def test_a_day_that_has_only_begun_is_shown_to_who_asks_for_it() -> None:
    published = [*PUBLISHED, TODAY]
    assert choose_period("", "", published, TODAY) == choose_period("", "", PUBLISHED, TODAY)
    assert choose_period("2026-11-28", "", published, TODAY) == Period(TODAY, TODAY)
    assert choose_period("", "2026-11-28", published, TODAY).last == TODAY
    assert choose_period("", "", [TODAY], TODAY) == Period(TODAY, TODAY)
    assert newest_whole(published, TODAY) == PUBLISHED[-1]


def test_days_of_a_folder_that_another_clock_made_are_shown() -> None:
    assert choose_period("", "", PUBLISHED, date(2020, 1, 1)).last == PUBLISHED[-1]


@given(st.text(max_size=20), st.text(max_size=20))
def test_nothing_that_is_typed_is_a_mistake_of_ours(first: str, last: str) -> None:
    try:
        period = choose_period(first, last, PUBLISHED, TODAY)
    except RefusedError as error:
        assert not first or len(first) < 5 or first in ("first", "last") or first not in str(error)
    else:
        assert PUBLISHED[0] <= period.first <= period.last <= TODAY
