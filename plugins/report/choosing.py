"""Which days somebody asks for: what is typed, held against what there is."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from schemas.refusals import RefusedError
from transforms.report.period import Period

USUAL: Final = timedelta(days=28)


def choose_period(first: str, last: str, published: Sequence[date], today: date) -> Period:
    """The period from `first` to `last` (YYYY-MM-DD, or empty), cut where the published days begin.

    Without `last` it ends on the newest whole day, unless it begins after that, and without `first` it is USUAL long.
    `published` is in order and not empty. RefusedError for what is no day, is turned round, lies ahead of `today`, or
    has no tables at all.
    """
    oldest, newest = published[0], published[-1]
    end = _read_day(last, "last") if last else newest_whole(published, today)
    begin = _read_day(first, "first") if first else max(oldest, end - USUAL + timedelta(days=1))
    if not last and begin > end:
        end = newest
    if begin > end:
        raise RefusedError(f"the period begins on {begin} and ends before it, on {end}; turn them round")
    if end > max(today, newest):
        raise RefusedError(f"the period ends on {end}, which is yet to come; the newest day with tables is {newest}")
    if not any(begin <= day <= end for day in published):
        raise RefusedError(f"no day from {begin} to {end} has tables; there are some from {oldest} to {newest}")
    return Period(max(begin, oldest), end)


def newest_whole(published: Sequence[date], today: date) -> date:
    """The newest published day that is over; where none is, the newest."""
    return max((day for day in published if day < today), default=published[-1])


def _read_day(text: str, which: str) -> date:
    """Only as we write it: fromisoformat knows more spellings of a day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text:
        raise RefusedError(f"the {which} day is none; write it as in {date(2026, 7, 31)}")
    return day
