"""Wall clocks of Europe/Oslo: instants are whole UTC seconds, days and stamps are local."""

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Oslo")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def midnight(day: date) -> int:
    """The instant at which the local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


def midnights(start: date, days: int) -> list[int]:
    """The beginning of each day and the end of the last: one more than there are days."""
    return [midnight(start + timedelta(days=number)) for number in range(days + 1)]


@cache
def _offset(hour: int) -> int:
    moment = datetime.fromtimestamp(hour * 3600, ZONE).utcoffset()
    assert moment is not None
    return int(moment.total_seconds())


@cache
def _day_number(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _local(at: int) -> tuple[date, int]:
    number, second = divmod(at + _offset(at // 3600), 86400)
    return _day_number(number), second


def day_of(at: int) -> str:
    """The local day as an ISO date."""
    return _iso(_local(at)[0])


@cache
def _iso(day: date) -> str:
    return day.isoformat()


@cache
def hour_of(at_hour: int) -> str:
    """The UTC start of an hour (counted since 1970) in ISO 8601."""
    return datetime.fromtimestamp(at_hour * 3600, UTC).isoformat()


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


@lru_cache(maxsize=4096)
def access_stamp(at: int) -> str:
    """24/Oct/2026:13:55:36 +0200."""
    day, second = _local(at)
    zone = _offset(at // 3600) // 3600
    return f"{day.day:02}/{MONTHS[day.month - 1]}/{day.year}:{_clock(second)} +{zone:02}00"


def apache_stamp(at: int, micros: int) -> str:
    """Sat Oct 24 13:55:36.123456 2026."""
    day, second = _local(at)
    return f"{WEEKDAYS[day.weekday()]} {MONTHS[day.month - 1]} {day.day:02} {_clock(second)}.{micros:06} {day.year}"


def nginx_stamp(at: int) -> str:
    """2026/10/24 13:55:36."""
    day, second = _local(at)
    return f"{day:%Y/%m/%d} {_clock(second)}"


def is_ambiguous(at: int) -> bool:
    """Whether the local time of this instant comes twice, as in the hour after summer time ended."""
    hour = at // 3600
    return _offset(hour) != _offset(hour - 1) or _offset(hour) != _offset(hour + 1)
