"""The figures of a period beside those of the period before: how much, and in words which way."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from plugins.report.wording import Wording
from schemas.report import Figure, Report

Way = Literal["up", "down", "same", "new", "none"]
ARROWS: Final[dict[Way, str]] = {"up": "▲", "down": "▼", "same": "=", "new": "▲", "none": ""}
LEAST: Final = 0.0005  # a smaller difference of shares is none of tenths of a percentage point
# The figures of the first line, which people look at first
FIRST: Final = ("visits", "unique_visitors", "pageviews", "visit_mean", "bounce_rate", "downloads")


@dataclass(frozen=True)
class Shown:
    """A figure in words."""

    name: str
    title: str
    value: str
    way: Way
    arrow: str
    change: str
    is_first: bool


def is_comparable(report: Report, today: date | None) -> bool:
    """Whether every day of the period and of the one before is there, and over; `today` is None where nobody knows."""
    has_begun_only = today is not None and report.first <= today <= report.last
    return not (report.missing or report.missing_before or has_begun_only)


def show_figures(report: Report, words: Wording, *, today: date | None = None) -> list[Shown]:
    """All of the report, those of the first line first."""
    is_compared = is_comparable(report, today)
    order = {name: place for place, name in enumerate(FIRST)}
    return [
        _show(one, _title(report, one.name, words), words, is_compared)
        for one in sorted(report.figures, key=lambda one: order.get(one.name, len(FIRST)))
    ]


def _title(report: Report, name: str, words: Wording) -> str:
    """Visitors are published by host, and such counts of several hosts only add up."""
    title = str(words.words["figures"].get(name, name.replace("_", " ")))
    of_several = report.vhost is None and len(report.vhosts) > 1
    return words.say("page.per_site", title=title) if of_several and name == "unique_visitors" else title


def _show(figure: Figure, title: str, words: Wording, is_compared: bool) -> Shown:
    value = "–" if figure.value is None else words.figure(figure.unit, figure.value)
    way, change = _change(figure if is_compared else replace(figure, before=None), words)
    return Shown(figure.name, title, value, way, ARROWS[way], change, figure.name in FIRST)


def _change(figure: Figure, words: Wording) -> tuple[Way, str]:
    if figure.value is None or figure.before is None:
        return "none", words.say("change.none")
    before, by = words.figure(figure.unit, figure.before), abs(figure.value - figure.before)
    if words.figure(figure.unit, figure.value) == before:
        return "same", words.say("change.same", before=before)
    if figure.unit == "share" and by < LEAST:
        return "same", words.say("change.almost", before=before)
    if figure.before == 0:
        return "new", words.say("change.new")
    points = figure.unit == "share"
    much = words.say("change.points", much=words.decimal(by * 100)) if points else words.share(by / figure.before)
    way: Way = "up" if figure.value > figure.before else "down"
    return way, words.say(f"change.{way}", much=much, before=before)
