"""Durations that keep calendar months apart from exact time: P25M is 25 months, P7D is 168 hours."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

# ISO 8601-1 §5.5.2, whole numbers only; weeks stand alone. Eight digits keep every figure within timedelta.
_ISO = re.compile(
    r"P(?:(?P<weeks>\d{1,8})W"
    r"|(?=.)(?:(?P<years>\d{1,8})Y)?(?:(?P<months>\d{1,8})M)?(?:(?P<days>\d{1,8})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,8})S)?)?)",
    re.ASCII,
)


@dataclass(frozen=True)
class Duration:
    """A length of time: calendar months and exact time, each at most a century, in whole seconds.

    A pydantic field of this type takes the ISO 8601 spelling, a timedelta or a Duration. ValueError for anything else.
    """

    months: int = 0
    exact: timedelta = timedelta()

    def __post_init__(self) -> None:
        if self.months < 0 or self.exact < timedelta() or self.exact.microseconds:
            raise ValueError("a duration has whole seconds and does not go backwards")
        if self.months > 1200 or self.exact.days > 36_525:
            raise ValueError("a duration is at most 100 years")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A duration from ISO 8601, such as `P25M`, `P7D`, `PT30M`; a year is 12 months, a week 7 days."""
        if not (found := _ISO.fullmatch(text)):
            raise ValueError('a duration is written as ISO 8601, such as "P7D", "P25M" or "PT30M"')
        part = {name: int(digits or 0) for name, digits in found.groupdict().items()}
        months = part.pop("months") + 12 * part.pop("years")
        return cls(months, timedelta(**part))

    @classmethod
    def of(cls, value: object) -> Self:
        """A duration from its spelling, a timedelta, or a duration."""
        if isinstance(value, cls):
            return value
        if isinstance(value, timedelta):
            return cls(exact=value)
        if isinstance(value, str):
            return cls.parse(value)
        raise ValueError("a duration is text")

    @property
    def figures(self) -> list[tuple[int, str]]:
        """The numbers that are not 0, each with its unit, such as `(7, "day")`; the largest unit first."""
        minutes, seconds = divmod(self.exact.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        figures = (self.months, self.exact.days, hours, minutes, seconds)
        return [(n, u) for n, u in zip(figures, ("month", "day", "hour", "minute", "second"), strict=True) if n]

    def __str__(self) -> str:
        date = "".join(f"{n}{unit[0].upper()}" for n, unit in self.figures if unit in ("month", "day"))
        time = "".join(f"{n}{unit[0].upper()}" for n, unit in self.figures if unit not in ("month", "day"))
        return f"P{date}T{time}" if time else f"P{date or 'T0S'}"

    @property
    def words(self) -> str:
        """In plain English, such as `7 days`, `25 months`, `1 hour and 30 minutes`."""
        parts = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in self.figures]
        return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "no time"

    @property
    def shortest(self) -> timedelta:
        """No stretch of the calendar makes it last less, counted in UTC: years of 365 days, other months of 28."""
        return timedelta(days=self.months // 12 * 365 + self.months % 12 * 28) + self.exact

    @property
    def longest(self) -> timedelta:
        """No stretch of the calendar makes it last more, counted in UTC: years of 366 days, other months of 31."""
        return timedelta(days=self.months // 12 * 366 + self.months % 12 * 31) + self.exact

    def at_least(self, other: "Duration") -> bool:
        """Whether this lasts as long as the other wherever in the calendar both begin; false where that depends."""
        each = self.months >= other.months and self.exact >= other.exact
        return each or self.shortest >= other.longest

    def after(self, instant: datetime) -> datetime:
        """The instant this long after an aware one, in its zone: months by its calendar, then exact time.

        A day that the month reached does not have becomes its last: 31 January and a month is 28 or 29 February.
        """
        return _add_exact(_add_months(instant, self.months), self.exact)

    def before(self, instant: datetime) -> datetime:
        """The instant this long before an aware one, by the rules of `after`."""
        return _add_exact(_add_months(instant, -self.months), -self.exact)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of, serialization=core_schema.to_string_ser_schema(when_used="always")
        )


def _add_months(instant: datetime, months: int) -> datetime:
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))


def _add_exact(instant: datetime, exact: timedelta) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant has a zone")
    # In one zone Python adds wall-clock time; through UTC an hour is an hour on every night of the year.
    return (instant.astimezone(UTC) + exact).astimezone(instant.tzinfo)
