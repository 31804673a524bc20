"""The periods that a page offers, as addresses of itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from plugins.report.wording import Wording
from schemas.report import Report

A_DAY: Final = timedelta(days=1)
LENGTHS: Final = (7, 28, 90)


@dataclass(frozen=True)
class Preset:
    """A period to go to, and whether it is the one that is shown."""

    name: str
    query: str
    is_shown: bool


def query(report: Report, language: str, first: date | None = None, last: date | None = None) -> str:
    """What a page is asked for: this period or another one, of the same host."""
    facts = {"from": first or report.first, "to": last or report.last, "language": language}
    return urlencode(facts | ({"vhost": report.vhost} if report.vhost else {}))


def presets(report: Report, newest: date, words: Wording) -> list[Preset]:
    """Periods that end with the newest whole day, and whole months."""
    return [
        Preset(name, query(report, words.tongue, first, last), (first, last) == (report.first, report.last))
        for name, first, last in _periods(newest, words)
    ]


def _periods(newest: date, words: Wording) -> Iterator[tuple[str, date, date]]:
    for length in LENGTHS:
        yield words.say("page.last_days", n=length), newest - (length - 1) * A_DAY, newest
    month = (newest + A_DAY).replace(day=1)  # on the first of a month, nothing of it is whole yet
    if newest >= month:
        yield words.say("page.this_month"), month, newest
    yield words.say("page.last_month"), (month - A_DAY).replace(day=1), month - A_DAY
    yield words.say("page.year"), newest.replace(month=1, day=1), newest
