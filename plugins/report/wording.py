"""A report's words in one language: names of values, and numbers, lengths and dates as people there write them."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

from plugins.pages.showing import CLIPPED, visible
from schemas.notice import Language
from schemas.report import Unit, Value

WORDS: Final = Path(__file__).parent / "words.toml"
LOCALES: Final = {"nb": "nb_NO", "en": "en_GB"}
DATES: Final = {"nb": "d. MMM y", "en": "d MMM y"}
SIZES: Final = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
HARD: Final = "\u00a0"
PLAIN: Final = {"status"}  # numbers that are names
HOURS: Final = {"hour_of_day"}  # and such as are an hour of the clock


@dataclass(frozen=True)
class Wording:
    """Words and forms of one language; `words` is its part of `words.toml`."""

    tongue: Language
    locale: Locale
    words: dict[str, Any]

    def say(self, name: str, /, **facts: object) -> str:
        """A sentence by its dotted name, with facts that are formatted already."""
        found: Any = self.words
        for part in name.split("."):
            found = found[part]
        return str(found).format(**facts) if facts else str(found)

    @property
    def separators(self) -> str:
        """Of decimals and of thousands, as plotly.js wants them."""
        return _point(self.locale) + _groups(self.locale)

    def title(self, column: str, part: str = "") -> str:
        """A column's heading, which may be another one in some part."""
        own = self.words["columns_of"].get(part, {})
        return str(own.get(column) or self.words["columns"].get(column, column.replace("_", " ")))

    def value(self, column: str, unit: Unit, value: Value) -> str:
        """Of one cell; a dash where there is none."""
        if value is None:
            return "–"
        if unit == "text":
            return self.text(column, str(value))
        if column in HOURS:
            return self.hour(float(value))  # type: ignore[arg-type]
        if isinstance(value, date):
            return self.day(value)
        return str(value) if column in PLAIN else self.figure(unit, float(value))

    def figure(self, unit: Unit, value: float) -> str:
        """A number in its unit."""
        forms = {"share": self.share, "seconds": self.length, "bytes": self.size}
        return forms[unit](value) if unit in forms else self.count(value)

    def text(self, column: str, value: str) -> str:
        """A value of ours in words, a country by its name, any other as a visitor or a program wrote it, but inert."""
        named = self.words["values"].get(column, {}).get(value) or self.words["values"]["any"].get(value)
        if named:
            return str(named)
        if column == "country":
            return str(self.locale.territories.get(value, inert(value)))
        return inert(value)

    def count(self, value: float) -> str:
        return f"{value:,.0f}".replace(",", _groups(self.locale)).replace("-", "−")

    def decimal(self, value: float, places: int = 1) -> str:
        return f"{value:.{places}f}".replace(".", _point(self.locale))

    def share(self, value: float) -> str:
        """A share as per cent, in whole ones from 10 on."""
        percent = value * 100
        shown = self.decimal(percent) if 0 < abs(percent) < 9.95 else self.count(percent)
        return shown + (f"{HARD}%" if self.tongue == "nb" else "%")

    def length(self, seconds: float) -> str:
        """How long, in two units at most."""
        if not isfinite(seconds):
            return self.say("units.longer")
        if seconds < 0.9995:
            return f"{self.count(seconds * 1000)}{HARD}ms"
        if seconds < 9.95:
            return f"{self.decimal(seconds)}{HARD}s"
        whole = round(seconds)
        if whole < 60:
            return f"{whole}{HARD}s"
        if whole < 3600:
            return f"{whole // 60}{HARD}min{HARD}{whole % 60}{HARD}s"
        hour = self.say("units.hour")
        return f"{self.count(whole // 3600)}{HARD}{hour}{HARD}{whole % 3600 // 60}{HARD}min"

    def size(self, value: float) -> str:
        for least, unit in SIZES:
            if value >= least:
                return f"{self.decimal(value / least)}{HARD}{unit}"
        return f"{self.count(value)}{HARD}B"

    def hour(self, value: float) -> str:
        return f"{value:02.0f}–{(value + 1) % 24:02.0f}"

    def day(self, day: date) -> str:
        return str(format_date(day, DATES[self.tongue], locale=self.locale))

    def weekday(self, day: date) -> str:
        return str(format_date(day, f"EEEE {DATES[self.tongue].removesuffix(' y')}", locale=self.locale))

    def period(self, first: date, last: date) -> str:
        """From a day to a day, saying the month and the year once where they are the same."""
        if first == last:
            return self.day(first)
        form = DATES[self.tongue]
        if first.year == last.year:
            form = form.removesuffix(" y")
            if first.month == last.month:
                form = form.removesuffix(" MMM")
        return f"{format_date(first, form, locale=self.locale)} – {self.day(last)}"

    def days(self, days: tuple[date, ...]) -> str:
        """Several days as few periods."""
        runs: list[tuple[date, date]] = []
        for day in sorted(days):
            if runs and day - runs[-1][1] == timedelta(days=1):
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
        return ", ".join(self.period(*run) for run in runs)


def inert(text: str, most: int = CLIPPED) -> str:
    """Plain text in which no character hides, or turns round what stands beside it, cut to `most` characters."""
    cut = text[:most].rstrip() + "…" if len(text) > most else text
    return str(visible(cut).striptags())


@cache
def wording(tongue: Language) -> Wording:
    """Of a language that the report speaks."""
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return Wording(tongue, Locale.parse(LOCALES[tongue]), words[tongue])


@cache
def _groups(locale: Locale) -> str:
    return str(get_group_symbol(locale))


@cache
def _point(locale: Locale) -> str:
    return str(get_decimal_symbol(locale))
