"""A year of a site that never was: weekdays, nights, growth, holidays, noise; and what may go wrong in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from schemas.statistics import TABLES
from transforms.checking.history import History, Series, read_history
from transforms.visits.days import start_of_day

ZONE = ZoneInfo("Europe/Oslo")
FIRST = date(2026, 1, 5)
KINDS = ("human", "bot", "ai", "attack")
DAYTIME = np.array([1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2, 4, 6, 6.5, 6.5, 6, 6, 6, 6, 5.5, 5, 5, 5.5, 5.5, 5, 4, 2])
HOLIDAYS = {
    *(date(2026, 4, 2) + timedelta(days=n) for n in range(5)),
    *(date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25)),
    *(date(2026, 12, 24) + timedelta(days=n) for n in range(9)),
}


@dataclass(frozen=True)
class Site:
    """`people` and `robots` are hits of a usual day; `weekend` and `holiday` what is left of the people then."""

    people: float = 8000
    robots: float = 3000
    weekend: float = 0.5
    holiday: float = 0.45
    growth: float = 1.6  # in the year
    peaks: int = 6  # days with up to four times the people


Rows = list[dict[str, Any]]  # of traffic_hourly, of one day


def year(site: Site, seed: int, days: int = 365) -> list[Rows]:
    """Day by day the rows of traffic_hourly."""
    random = np.random.default_rng(seed)
    peaks = set(random.choice(days, site.peaks, replace=False))
    robots = site.robots * np.exp(_wandering(random, days, 0.35))
    people = site.people * np.exp(_wandering(random, days, 0.12)) * site.growth ** (np.arange(days) / 365)
    return [
        list(
            _hours(
                random,
                FIRST + timedelta(days=n),
                people[n] * _quiet(site, n) * (random.uniform(2, 4) if n in peaks else 1),
                robots[n],
            )
        )
        for n in range(days)
    ]


def _wandering(random: np.random.Generator, days: int, size: float) -> Any:
    """Noise that remembers yesterday."""
    found = random.normal(0, size, days)
    for n in range(1, days):
        found[n] = 0.6 * found[n - 1] + 0.8 * found[n]
    return found


def _quiet(site: Site, n: int) -> float:
    day = FIRST + timedelta(days=n)
    july = 0.7 if day.month == 7 else 1.0
    return july * (site.holiday if day in HOLIDAYS else site.weekend if day.weekday() > 4 else 1.0)


def _hours(random: np.random.Generator, day: date, people: float, robots: float) -> Iterator[dict[str, Any]]:
    start, end = start_of_day(day, ZONE), start_of_day(day + timedelta(days=1), ZONE)
    for number in range(round((end - start) / timedelta(hours=1))):
        hour = start + timedelta(hours=number)
        rates = {"human": people * DAYTIME[hour.astimezone(ZONE).hour] / DAYTIME.sum(), "bot": 0.7 * robots / 24}
        rates |= {"ai": 0.25 * robots / 24, "attack": 0.05 * robots / 24}
        for kind, rate in rates.items():
            if hits := int(random.poisson(rate * np.exp(random.normal(0, 0.15)))):
                failed = int(random.binomial(hits, 0.002))
                sent = int(hits * random.uniform(5_000, 40_000))
                yield {
                    "day": day,
                    "hour": hour,
                    "agent_kind": kind,
                    "hits": hits,
                    "bytes_sent": sent,
                    "errors_5xx": failed,
                }


def tables(days: Sequence[Rows], quarantined: Series | None = None) -> dict[str, pa.Table]:
    """`days` and `traffic_hourly` of these days."""
    usual = {"vhost": "www.example.org", "pageviews": 0, "errors_4xx": 0}
    traffic = [usual | row for day in days for row in day]
    texts = dict.fromkeys(("state", *(name for name in TABLES["days"].figures if name.endswith("version"))), "x")
    rows = []
    for day in filter(None, days):
        hits, bad = sum(row["hits"] for row in day), (quarantined or {}).get(day[0]["day"], 3)
        zeros = dict.fromkeys(("errors", "continuations", "ignored", "late"), 0)
        rows.append({"day": day[0]["day"], "lines": hits + bad, "hits": hits, "quarantined": bad} | texts | zeros)
    found = {"days": rows, "traffic_hourly": traffic}
    return {name: pa.Table.from_pylist(rows, schema=TABLES[name].schema) for name, rows in found.items()}


def history(days: Sequence[Rows], quarantined: Series | None = None, logs: dict[str, Series] | None = None) -> History:
    """The series of these days, as from published tables."""
    found = tables(days, quarantined)
    return read_history(found["days"], found["traffic_hourly"], ZONE, logs or {})
