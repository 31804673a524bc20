"""Times as servers write them → microseconds since 1970, UTC; UnreadableError for what was never a time."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from transforms.parsing.values import UnreadableError, decode

MICROSECONDS: Final = 1_000_000
EARLIEST: Final = -62_135_510_400 * MICROSECONDS  # 2 January of year 1 and 31 December 9999: a zone may shift both
LATEST: Final = 253_402_214_400 * MICROSECONDS
MONTHS: Final = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
CLF_TIME: Final = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)")
UTC_TIME: Final = re.compile(rb"(\d{4})-(\d\d)-(\d\d)[ \t](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
NUMBER: Final = re.compile(rb"\d{1,20}(?:\.\d{1,9})?")
UNITS: Final = {11: 1, 14: 1_000, 17: 1_000_000, 20: 1_000_000_000}  # digits at most → units a second
CLOCK: Final = rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?"
OFFSET: Final = rb"(?: (?P<zone>[+-]\d{4}))?"
ERROR_TIMES: Final = (
    # Apache: Fri Feb 01 22:03:08.320970 2019, and its %{cuz}t 2019-02-01 22:03:08.320970 +0100
    re.compile(
        rb"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) +(?P<day>\d\d?) " + CLOCK + rb" (?P<year>\d{4})" + OFFSET,
    ),
    re.compile(rb"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d) " + CLOCK + OFFSET),
    # nginx: 2026/11/23 05:01:02
    re.compile(rb"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d) " + CLOCK),
    # PHP: 28-Nov-2026 05:01:02 Europe/Oslo
    re.compile(
        rb"(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) " + CLOCK + rb"(?: (?P<zone>[A-Za-z][\w/+-]*))?",
    ),
)


@lru_cache(maxsize=4096)
def _days(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()


def _instant(year: int, month: int, day: int, clock: tuple[bytes, bytes, bytes], offset_minutes: int = 0) -> int:
    hour, minute, second = map(int, clock)
    if hour > 23 or minute > 59 or second > 60:  # 60 is a leap second
        raise UnreadableError("time")
    try:
        days = _days(year, month, day)
    except ValueError:
        raise UnreadableError("time") from None
    return _possible((((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second) * MICROSECONDS)


def _possible(instant: int) -> int:
    """Years 1 to 9999, the calendar of everybody's tools."""
    if not EARLIEST <= instant < LATEST:
        raise UnreadableError("time")
    return instant


def clf_time(raw: bytes) -> int:
    """`10/Oct/2000:13:55:36 -0700` → microseconds since 1970, UTC."""
    match = CLF_TIME.fullmatch(raw)
    if match is None or match[2] not in MONTHS:
        raise UnreadableError("time")
    sign = -1 if match[7].startswith(b"-") else 1
    offset = int(match[7]) * 60 + sign * int(match[8])
    return _instant(int(match[3]), MONTHS[match[2]], int(match[1]), (match[4], match[5], match[6]), offset)


def formatted_time(raw: bytes, layout: str, timezone: ZoneInfo) -> int:
    """A time in strftime's `layout`; local time of `timezone` where it carries no offset."""
    try:
        moment = datetime.fromisoformat(decode(raw)) if layout == "iso" else datetime.strptime(decode(raw), layout)  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise UnreadableError("time") from None
    return _microseconds(moment if moment.tzinfo else moment.replace(tzinfo=timezone))


def epoch_time(raw: bytes, per_second: int) -> int:
    """Seconds since 1970 with a fraction (nginx's $msec), or whole units of `per_second`."""
    whole, _, fraction = raw.partition(b".")
    return _possible(int(whole) * MICROSECONDS // per_second + int(fraction.ljust(6, b"0")[:6] or b"0") // per_second)


def utc_time(raw: bytes) -> int:
    """`2026-11-23 05:01:02` in UTC, also with a tab or a fraction (W3C extended log file format)."""
    match = UTC_TIME.fullmatch(raw)
    if match is None:
        raise UnreadableError("time")
    fraction = int((match[7] or b"0").ljust(6, b"0"))
    return _instant(int(match[1]), int(match[2]), int(match[3]), (match[4], match[5], match[6])) + fraction


def any_time(raw: bytes, timezone: ZoneInfo) -> int:
    """A time as JSON has it: since 1970, in a unit that its size tells; RFC 3339; or as in the common log format."""
    if NUMBER.fullmatch(raw):
        digits = len(raw.partition(b".")[0])
        return epoch_time(raw, next(unit for most, unit in UNITS.items() if digits <= most))
    if CLF_TIME.fullmatch(raw):
        return clf_time(raw)
    return formatted_time(raw, "iso", timezone)


def error_time(raw: bytes, timezone: ZoneInfo) -> int:
    """The local time of a line of an error log; in the hour that comes twice, the first is meant."""
    match = next(filter(None, (pattern.fullmatch(raw) for pattern in ERROR_TIMES)), None)
    if match is None:
        raise UnreadableError("time")
    year, month, day, hour, minute, second = match.group("year", "month", "day", "hour", "minute", "second")
    number = MONTHS.get(month) or (int(month) if month.isdigit() else 0)
    parts = match.groupdict()
    micro = int((parts.get("fraction") or b"0").ljust(6, b"0"))
    zone = _zone(parts.get("zone"), timezone)
    try:
        moment = datetime(int(year), number, int(day), int(hour), int(minute), int(second), micro, tzinfo=zone)
    except ValueError:
        raise UnreadableError("time") from None
    return _microseconds(moment)


def _zone(written: bytes | None, otherwise: ZoneInfo) -> tzinfo:
    """The zone that a line names, by its offset (Apache's %{cuz}t) or its name (PHP)."""
    if written is None:
        return otherwise
    try:
        if written[:1] in (b"+", b"-"):
            minutes = int(written[1:3]) * 60 + int(written[3:])
            return fixed_zone(timedelta(minutes=-minutes if written[:1] == b"-" else minutes))
        return ZoneInfo(written.decode())
    except (ValueError, KeyError, OSError):
        raise UnreadableError("time") from None


def _microseconds(moment: datetime) -> int:
    try:
        since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        raise UnreadableError("time") from None
    return _possible((since.days * 86400 + since.seconds) * MICROSECONDS + since.microseconds)
