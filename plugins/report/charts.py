"""Parts of a report → what there is to draw, as data for `report.js`; colours, sizes and pixels are the browser's."""

from collections.abc import Callable, Sequence
from datetime import date
from http import HTTPStatus
from math import isfinite
from typing import Any, Final

from plugins.report.wording import Wording, inert
from schemas.report import Part, Report, Value
from schemas.statistics import OTHER

Chart = dict[str, Any]
Row = dict[str, Value]

TOP: Final = 10  # bars of a chart; the table behind it has the rest
ENDS: Final = 9  # pages on each side of the flows, before all others become one
LONG: Final = 120  # days from which on lines are drawn as means over a WEEK: seven waves a month say nothing
WEEK: Final = 7
SMOOTHED: Final = {"days", "traffic"}  # percentiles have no mean
LABEL: Final = 60  # characters of a name; the browser cuts it to what there is room for
STATUSES: Final = {int(one): one.phrase for one in HTTPStatus}
AS_THEY_ARE: Final = {"pages", "broken_links", "response_times", "hours"}  # not added up by name, nor sorted anew
TONES: Final = {"ai_crawlers": "c2", "attacks": "c4"}  # the colour that these have among all requests
KIND: Final = "\0"  # before the kind of a source that has no name; no text in a table holds it
NAMELESS: Final = {"", "unknown"}
# Part → (how it is drawn, the column of its names, the columns of its numbers)
DRAWN: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "days": ("lines", "day", ("visits", "unique_visitors")),
    "pages": ("bars", "path", ("views",)),
    "source_kinds": ("bars", "source_kind", ("visits",)),
    "sources": ("bars", "source", ("visits",)),
    "transitions": ("flows", "from_path", ("transitions",)),
    "device_classes": ("bars", "device_class", ("visits",)),
    "countries": ("bars", "country", ("visits",)),
    "hours": ("columns", "hour_of_day", ("pageviews",)),
    "downloads": ("bars", "path", ("downloads",)),
    "goals": ("bars", "goal", ("conversions",)),
    "broken_links": ("bars", "path", ("hits",)),
    "statuses": ("bars", "status", ("hits",)),
    "response_times_by_day": ("spread", "day", ("p50", "p90", "p99")),
    "response_times": ("bars", "path", ("p90",)),
    "traffic": ("stack", "day", ("human", "bot", "ai", "attack")),
    "ai_crawlers": ("bars", "company", ("hits",)),
    "attacks": ("bars", "scenario", ("hits",)),
}


def rows_of(part: Part) -> list[Row]:
    """The rows by name of column."""
    names = [column.name for column in part.columns]
    return [dict(zip(names, row, strict=True)) for row in part.rows]


def unit_of(part: Part, column: str) -> str:
    return next(one.unit for one in part.columns if one.name == column)


def draw(report: Report, part: Part, words: Wording) -> Chart | None:
    """What to draw of a part, texts made inert and numbers also as people read them; None where there is nothing."""
    if part.name not in DRAWN or not any(_numbers(part)):
        return None
    kind, key, columns = DRAWN[part.name]
    if kind == "flows":
        return {"kind": kind} | _flows(part, words)
    if kind in {"bars", "columns"}:
        return {"kind": kind} | _bars(part, key, columns[0], words, TOP if kind == "bars" else len(part.rows))
    return {"kind": kind} | _series(report, part, columns, words)


def _numbers(part: Part) -> list[Value]:
    _, _, columns = DRAWN[part.name]
    return [row[column] for row in rows_of(part) for column in columns]


def totals(part: Part, key: str, column: str) -> list[Row]:
    """Rows of names and sums, the largest first and what was folded last."""
    sums: dict[str, float] = {}
    for row in rows_of(part):
        name = _name(row, key)
        sums[name] = sums.get(name, 0) + float(row[column] or 0)  # type: ignore[arg-type]
    return [{key: name, column: sums[name]} for name in sorted(sums, key=lambda name: (name == OTHER, -sums[name]))]


def _bars(part: Part, key: str, column: str, words: Wording, most: int) -> Chart:
    unit: Any = unit_of(part, column)
    shown: Any = rows_of(part)[:most] if part.name in AS_THEY_ARE else totals(part, key, column)[:most]
    note = NOTES.get(part.name)
    return {
        "names": [label(words, key, str(row[key])) for row in shown],
        "values": [_drawable(row[column]) for row in shown],
        "texts": [words.figure(unit, row[column]) for row in shown],
        "notes": [note(row, words) for row in shown] if note else None,
        "folded": next((n for n, row in enumerate(shown) if row[key] == OTHER), None),
        "tone": TONES.get(part.name, "c1"),
    }


def _dwell(row: Any, words: Wording) -> str:
    """How long people stayed on a page, and of how many of the views that is known."""
    if row["dwell_mean"] is None:
        return "–"
    return f"{words.length(row['dwell_mean'])} ({words.share(row['dwell_coverage'])})"


def _percentiles(row: Any, words: Wording) -> str:
    return f"p50 {words.length(row['p50'])}, p99 {words.length(row['p99'])}"


def _referrer(row: Any, words: Wording) -> str:
    host = row["referrer_host"]
    return "" if host in NAMELESS else f"← {words.text('referrer_host', host)}"


NOTES: Final[dict[str, Callable[[Any, Wording], str]]] = {
    "pages": _dwell,
    "broken_links": _referrer,
    "response_times": _percentiles,
}


def _drawable(value: Any) -> float | None:
    """None for what is longer than what was measured."""
    return None if value is None or not isfinite(value) else value


def _name(row: Row, key: str) -> str:
    """Of a source without a name, its kind."""
    name = str(row[key])
    return f"{KIND}{row['source_kind']}" if key == "source" and name in NAMELESS else name


def label(words: Wording, key: str, name: str) -> str:
    """Of a bar or a page of the flows."""
    if key == "hour_of_day":
        return words.hour(float(name))
    if key == "status":
        return f"{name} {STATUSES.get(int(name), '')}".strip()
    if name.startswith(KIND):
        return words.text("source_kind", name.removeprefix(KIND))
    return inert(words.text(key, name), LABEL)


def _series(report: Report, part: Part, columns: Sequence[str], words: Wording) -> Chart:
    """Numbers over all days of the period, none where a day is missing, and the days before moved onto them."""
    by_day = {row["day"]: row for row in rows_of(part)}
    days = [date.fromordinal(n) for n in range(report.first.toordinal(), report.last.toordinal() + 1)]
    names = [column.name for column in part.columns]
    shift = report.first - report.before_first
    before = {row[0] + shift: dict(zip(names, row, strict=True)) for row in part.before}  # type: ignore[operator]
    return {
        "days": [day.isoformat() for day in days],
        "labels": [words.weekday(day) for day in days],
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
        "values": [_drawable(value) for value in values],
        "texts": ["–" if value is None else words.figure(unit, value) for value in values],
    }


def smooth(values: Sequence[float | None]) -> list[float | None]:
    """Each day's mean with the six before it, of those that are known; a gap stays one, and the first six have none."""
    found: list[float | None] = [None] * min(len(values), WEEK - 1)
    for place in range(WEEK - 1, len(values)):
        known = [one for one in values[place + 1 - WEEK : place + 1] if one is not None]
        found.append(None if values[place] is None else sum(known) / len(known))
    return found


def _flows(part: Part, words: Wording) -> Chart:
    """Pages on the left, the next ones on the right: a page stands on both sides, so that no way leads in a circle."""
    links = [(str(row["from_path"]), str(row["to_path"]), int(row["transitions"])) for row in rows_of(part)]  # type: ignore[arg-type]
    left, right = _ends([(a, n) for a, _, n in links]), _ends([(b, n) for _, b, n in links])
    counted: dict[tuple[int, int], int] = {}
    for a, b, n in links:
        ends = _place(left, a), len(left) + _place(right, b)
        counted[ends] = counted.get(ends, 0) + n
    names = [label(words, "path", name) for name in (*left, *right)]
    return {
        "nodes": names,
        "left": len(left),
        "folded": [n for n, name in enumerate((*left, *right)) if name == OTHER],
        "links": [
            {"from": a, "to": b, "value": n, "text": f"{names[a]} → {names[b]}: {words.count(n)}"}
            for (a, b), n in sorted(counted.items())
        ],
        "sides": [words.title("from_path"), words.title("to_path")],
    }


def _ends(ends: list[tuple[str, int]]) -> list[str]:
    """The pages of a side, most used first; the last stands for all others if there are any."""
    sums: dict[str, int] = {}
    for name, n in ends:
        sums[name] = sums.get(name, 0) + n
    named = sorted((name for name in sums if name != OTHER), key=lambda name: -sums[name])
    return [*named[:ENDS], OTHER] if len(named) > ENDS or OTHER in sums else named


def _place(side: list[str], name: str) -> int:
    return side.index(name) if name in side else len(side) - 1
