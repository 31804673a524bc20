"""Days of published tables as series, which a day is compared with."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from transforms.visits.days import start_of_day

EVEN_ROWS: Final = 12  # that are even by chance once in 2^24 days
EVEN_COUNTS: Final = 8  # different ones among them: what only a monitor asks for may be even all day

Series = dict[date, int]


@dataclass(frozen=True)
class History:
    """Counts by day; `robots` are all hits but those of people; `hours` by local hour, those that a day has.

    `even` are days of which every count is even; `logs` are lines by log, of the days of which that is known.
    """

    lines: Series
    quarantined: Series
    hits: Series
    people: Series
    robots: Series
    failed: Series
    hours: Mapping[date, Mapping[int, int]]
    even: frozenset[date]
    logs: Mapping[str, Series] = field(default_factory=dict)


def read_history(days: pa.Table, traffic: pa.Table, zone: ZoneInfo, logs: Mapping[str, Series]) -> History:
    """From `days` and `traffic_hourly` of many days."""
    known = days["day"].to_pylist()
    of_kind = _sum(traffic, "agent_kind", "hits")
    hourly, failed = _sum(traffic, "hour", "hits"), _sum(traffic, "hour", "errors_5xx")
    people = {day: of_kind[day].get("human", 0) for day in known}
    hits = dict(zip(known, days["hits"].to_pylist(), strict=True))
    return History(
        lines=dict(zip(known, days["lines"].to_pylist(), strict=True)),
        quarantined=dict(zip(known, days["quarantined"].to_pylist(), strict=True)),
        hits=hits,
        people=people,
        robots={day: hits[day] - people[day] for day in known},
        failed={day: sum(failed[day].values()) for day in known},
        hours={day: _local_hours(day, zone, hourly[day]) for day in known},
        even=frozenset(_even_days(traffic)),
        logs=logs,
    )


def _sum(traffic: pa.Table, key: str, figure: str) -> defaultdict[date, dict[object, int]]:
    sums = traffic.group_by(["day", key]).aggregate([(figure, "sum")])
    found: defaultdict[date, dict[object, int]] = defaultdict(dict)
    for day, value, total in zip(*(sums[name].to_pylist() for name in ("day", key, f"{figure}_sum")), strict=True):
        found[day][value] = total
    return found


def _local_hours(day: date, zone: ZoneInfo, hits: Mapping[object, int]) -> dict[int, int]:
    """By the clock, which shows 23 to 25 hours; what it shows twice is one."""
    hour, end = start_of_day(day, zone).replace(minute=0), start_of_day(day + timedelta(days=1), zone)
    found: Counter[int] = Counter()
    while hour < end:
        found[hour.astimezone(zone).hour] += hits.get(hour, 0)
        hour += timedelta(hours=1)
    return dict(found)


def _even_days(traffic: pa.Table) -> Iterator[date]:
    rows: defaultdict[date, list[tuple[int, int]]] = defaultdict(list)
    for day, *counts in zip(*(traffic[name].to_pylist() for name in ("day", "hits", "bytes_sent")), strict=True):
        rows[day].append((counts[0], counts[1]))
    for day, found in rows.items():
        is_even = all(hits % 2 == 0 and sent % 2 == 0 for hits, sent in found)
        if is_even and len(found) >= EVEN_ROWS and len({hits for hits, _ in found}) >= EVEN_COUNTS:
            yield day
