"""A day beside the same weekdays of the last weeks: what is so unlike them that somebody should look.

Medians, since one odd week must not become what is usual; least counts, so that a small site is not nagged; and the
last days besides, so that a site which has changed for good is told of for some days and no longer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf, log1p
from statistics import median, quantiles
from typing import Final, Literal

from transforms.checking.history import History, Series

Kind = Literal["fall", "silence", "double", "robots", "errors", "quarantine"]

WEEKS: Final = 8  # that are looked back on
FEWEST_WEEKS: Final = 4  # of the same weekday, before anything is usual
FEWEST_HITS: Final = 200  # of a usual day
FALLEN: Final = 0.4  # of a usual day, and of the quietest weekday: a holiday is like a Sunday
SPREADS: Final = 4  # from the median, as the median absolute deviation tells it (1.4826 of it are a normal one)
LEAST_SPREAD: Final = 0.1  # on the logarithmic scale, some ten per cent
BUSY_HOUR: Final = 30  # hits in the same hour of other weeks, which was never without one
SILENT_HOURS: Final = 2
DOUBLE: Final = (1.7, 2.4)  # times the usual, in all hours alike and by people and robots
ALIKE: Final = 0.35  # between the lower and the upper tenth of hours, of their median
BUSY_HOURS: Final = 12  # of twice as many hits, in which chance says less
FEWEST_ROBOTS: Final = 1000  # more than usual
FEWEST_LINES: Final = 100  # that failed, or could not be read
FEWEST_SHARE: Final = 0.02


@dataclass(frozen=True)
class Finding:
    """What is odd about a day, in words that hold shares and ratios and no figure of the day."""

    day: date
    kind: Kind
    words: str

    def __str__(self) -> str:
        return f"{self.day}: {self.words}"


def find_anomalies(history: History, day: date, whole_logs: Collection[str] = ()) -> list[Finding]:
    """What is odd about a day that is over; `whole_logs` are the logs of which no more lines of it are to come."""
    weekday = f"{day:%A}s"
    found: list[tuple[Kind, str]] = []
    if share := _fallen(history.hits, day):
        found.append(("fall", f"{share:.0%} of the hits of other {weekday}; was a log not shipped, or the site down?"))
    for log in sorted(whole_logs):
        if not share and (of_log := _fallen(history.logs.get(log, {}), day)):
            found.append(("fall", f"{log}: {of_log:.0%} of the lines of other {weekday}; was the log not shipped?"))
    if not found and (hours := _silent_hours(history, day)):
        found.append(("silence", f"no hit in {hours} hours that never were without; was a log not shipped?"))
    if day in history.even:
        found.append(("double", "every count is even, as if each line was read twice; is a log named twice?"))
    elif ratio := _doubled(history, day):
        found.append(("double", f"{ratio:.1f} times the hits of other {weekday}, hour by hour; was a log read twice?"))
    if ratio := _risen(history, day):
        found.append(("robots", f"{ratio:.0f} times the robots' hits of other {weekday}; see agents_daily"))
    if words := _risen_share(history.failed, history.hits, day, "hits failed at the server (status 5xx)"):
        found.append(("errors", f"{words}; see errors_daily"))
    if words := _risen_share(history.quarantined, history.lines, day, "lines could not be read"):
        found.append(("quarantine", f"{words}; did the format of a log change?"))
    return [Finding(day, kind, words) for kind, words in found]


def same_weekdays(day: date) -> list[date]:
    """Those that are looked back on."""
    return [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]


def _usual(series: Series, day: date) -> list[int]:
    """The counts of the same weekday; none where there are too few weeks."""
    found = [series[one] for one in same_weekdays(day) if one in series]
    return found if len(found) >= FEWEST_WEEKS else []


def _last_days(series: Series, day: date, days: int) -> list[int]:
    before = (day - timedelta(days=number) for number in range(1, days + 1))
    return [series[one] for one in before if one in series]


def _fallen(series: Series, day: date) -> float | None:
    """Which share of the usual is left, where that is little; a day that is not in the tables had no line."""
    usual, count = _usual(series, day), series.get(day, 0)
    if not usual or (middle := median(usual)) < FEWEST_HITS:
        return None
    weekdays = [found for number in range(7) if (found := _usual(series, day - timedelta(days=number)))]
    quietest = min(median(found) for found in weekdays)
    last = median(_last_days(series, day, 7) or [0])
    if count >= FALLEN * min(middle, quietest, last) or not _is_far(count, usual):
        return None
    return count / middle + 1e-9  # nothing left is a finding too


def _is_far(count: int, usual: list[int]) -> bool:
    """Whether it lies outside what the counts of other weeks differ by."""
    logs = [log1p(one) for one in usual]
    spread = max(LEAST_SPREAD, 1.4826 * median(abs(one - median(logs)) for one in logs))
    return abs(log1p(count) - median(logs)) > SPREADS * spread


def _silent_hours(history: History, day: date) -> int:
    """How many hours of the day had no hit and always have many; some, else none."""
    weeks = [history.hours[one] for one in same_weekdays(day) if one in history.hours]
    silent = [hour for hour, hits in history.hours.get(day, {}).items() if not hits and _is_busy(hour, weeks)]
    return len(silent) if len(silent) >= SILENT_HOURS else 0


def _is_busy(hour: int, weeks: list[Mapping[int, int]], hits: int = BUSY_HOUR) -> bool:
    """Whether there were so many hits, and none of these weeks without any."""
    found = [week[hour] for week in weeks if hour in week]
    return len(found) >= FEWEST_WEEKS and min(found) > 0 and median(found) >= hits


def _doubled(history: History, day: date) -> float | None:
    """How many times the usual hits there are, where it is about twice, in all hours alike and by everybody."""
    ratios = [_ratio(series, day) for series in (history.hits, history.people, history.robots)]
    if (
        not all(ratio and DOUBLE[0] <= ratio <= DOUBLE[1] for ratio in ratios)
        or _ratio_before(history, day) > DOUBLE[0]
    ):
        return None
    weeks = [history.hours[one] for one in same_weekdays(day) if one in history.hours]
    hourly = [
        hits / median(week[hour] for week in weeks if hour in week)
        for hour, hits in history.hours[day].items()
        if _is_busy(hour, weeks, 2 * BUSY_HOUR)
    ]
    if len(hourly) < BUSY_HOURS:
        return None
    lower, *_, upper = quantiles(hourly, n=10)
    return ratios[0] if upper - lower < ALIKE * median(hourly) else None


def _ratio(series: Series, day: date) -> float | None:
    usual = _usual(series, day)
    return series.get(day, 0) / median(usual) if usual and median(usual) >= FEWEST_HITS else None


def _ratio_before(history: History, day: date) -> float:
    """Of the days before: a site that grew is no double import."""
    found = [_ratio(history.hits, day - timedelta(days=number)) for number in range(1, 4)]
    return median([ratio for ratio in found if ratio] or [0])


def _risen(history: History, day: date) -> float | None:
    """How many times the usual hits of robots there are, where they are a load to the site and no day had as many."""
    usual, count = _usual(history.robots, day), history.robots.get(day, 0)
    if not usual or not history.hits.get(day):
        return None
    middle = median(usual)
    load = max(FEWEST_ROBOTS, 0.5 * median(_usual(history.hits, day)))
    most = max([*usual, *_last_days(history.robots, day, 14)])
    return count / max(middle, 1) if count > max(3 * middle, 2 * most, middle + load) else None


def _risen_share(part: Series, whole: Series, day: date, what: str) -> str | None:
    """A share that is far above the usual one and that of any of the last days, in words."""
    if not _usual(whole, day) or part.get(day, 0) < FEWEST_LINES:
        return None
    share = part[day] / whole[day] if whole[day] else inf
    before = [part[one] / whole[one] for one in whole if day - timedelta(weeks=WEEKS) <= one < day and whole[one]]
    if not before:
        return None
    last = [part[one] / whole[one] for one in whole if day - timedelta(days=14) <= one < day and whole[one]]
    if share < max(FEWEST_SHARE, 4 * median(before), 1.5 * max(last, default=0)):
        return None
    return f"{share:.1%} of the {what}, {median(before):.1%} are usual"
