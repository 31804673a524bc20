"""Numbers over the days of a period, for lines and stacks."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from plugins.report.rows import Chart, Row, drawable, rows_of, unit_of
from plugins.report.wording import Wording
from schemas.report import Part, Report

LONG: Final = 120  # days from which on each is drawn as the mean of a WEEK: four waves a month say nothing
WEEK: Final = 7
SMOOTHED: Final = {"days", "traffic"}  # percentiles have no mean


def over_days(report: Report, part: Part, columns: Sequence[str], words: Wording) -> Chart:
    """Numbers over all days of the period, none where a day is missing, and the days before moved onto them."""
    by_day = {row["day"]: row for row in rows_of(part)}
    days = [date.fromordinal(n) for n in range(report.first.toordinal(), report.last.toordinal() + 1)]
    names = [column.name for column in part.columns]
    shift = report.first - report.before_first
    before = {row[0] + shift: dict(zip(names, row, strict=True)) for row in part.before}  # type: ignore[operator]
    return {
        "days": [day.isoformat() for day in days],
        "provisional": [day.isoformat() for day in report.provisional],
        "missing": [day.isoformat() for day in report.missing],
        "is_smooth": part.name in SMOOTHED and len(days) >= LONG,
        "series": [_one_series(part, column, days, by_day, words) for column in columns],
        "before": _before(part, columns[0], days, before, words) if part.name == "days" and before else None,
    }


def _before(part: Part, column: str, days: Sequence[date], rows: dict[Any, Row], words: Wording) -> Chart:
    series = _one_series(part, column, days, rows, words)
    return series | {"name": words.say("page.before", name=series["name"])}


def _one_series(part: Part, column: str, days: Sequence[date], rows: dict[Any, Row], words: Wording) -> Chart:
    values: list[Any] = [rows[day][column] if day in rows else None for day in days]
    if part.name in SMOOTHED and len(days) >= LONG:
        values = smooth(values)
    unit: Any = unit_of(part, column)
    return {
        "name": words.title(column, part.name),
        "values": [drawable(value) for value in values],
        "texts": ["–" if value is None else words.figure(unit, value) for value in values],
    }


def smooth(values: Sequence[float | None]) -> list[float | None]:
    """Each day's mean with the six before it, of those that are known; a gap stays one, and the first six have none."""
    found: list[float | None] = [None] * min(len(values), WEEK - 1)
    for place in range(WEEK - 1, len(values)):
        known = [one for one in values[place + 1 - WEEK : place + 1] if one is not None]
        found.append(None if values[place] is None else sum(known) / len(known))
    return found
