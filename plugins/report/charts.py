"""Parts of a report → what there is to draw, as data for `report.js`; colours, sizes and pixels are the browser's."""

from collections.abc import Callable
from typing import Any, Final

from plugins.report.flows import draw_flows
from plugins.report.over_days import over_days
from plugins.report.rows import NAMELESS, Chart, drawable, drawn_of, names_of, unit_of
from plugins.report.wording import Wording
from schemas.report import Part, Report, Value
from schemas.statistics import OTHER

TOP: Final = 10  # bars of a chart; the table behind it has the rest
TONES: Final = {"ai_crawlers": "c2", "attacks": "c4"}  # the colour that these have among all requests
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


def draw(report: Report, part: Part, words: Wording) -> Chart | None:
    """What to draw of a part, texts made inert and numbers also as people read them; None where there is nothing."""
    if part.name not in DRAWN or not any(_numbers(part)):
        return None
    kind, key, columns = DRAWN[part.name]
    if kind == "flows":
        return {"kind": kind} | draw_flows(part, words)
    if kind in {"bars", "columns"}:
        return {"kind": kind} | _bars(part, key, columns[0], words, TOP if kind == "bars" else len(part.rows))
    return {"kind": kind} | over_days(report, part, columns, words)


def _numbers(part: Part) -> list[Value]:
    _, _, columns = DRAWN[part.name]
    return [row[column] for row in drawn_of(part) for column in columns]


def _bars(part: Part, key: str, column: str, words: Wording, most: int) -> Chart:
    unit: Any = unit_of(part, column)
    shown: Any = drawn_of(part)[:most]
    note = NOTES.get(part.name)
    return {
        "names": names_of(shown, key, words),
        "values": [drawable(row[column]) for row in shown],
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
