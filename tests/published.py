"""Published tables without any logs: `python -m tests.published --out DIR`, for pages to show and for measuring.

Plausible in their sizes and proportions only; sums across tables do not agree.
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from plugins.publishing import publish_tables
from schemas.statistics import OTHER, TABLES
from transforms.statistics.coded import BUCKETS
from transforms.visits.days import start_of_day

Random = np.random.Generator
ZONE = ZoneInfo("Europe/Oslo")
HOSTS = ("www.example.org", "shop.example.org", OTHER)
SECTIONS = ("news", "docs", "blog", "products", "om-oss", "støtte")
SOURCES = (
    *(("search", "Google", ""), ("search", "Bing", ""), ("search", "DuckDuckGo", ""), ("direct", "", "")),
    *(("social", "Mastodon", ""), ("social", "LinkedIn", ""), ("ai", "ChatGPT", ""), ("ai", "Perplexity", "")),
    *(("external", "news.example.net", ""), ("external", "forum.example.com", ""), ("resumed", "", "")),
    *(("campaign", "newsletter", "november"), ("campaign", "newsletter", OTHER), ("external", OTHER, "")),
)
DEVICES = (
    *(("desktop", "Windows", "Chrome"), ("desktop", "Windows", "Edge"), ("desktop", "Mac OS X", "Safari")),
    *(("desktop", "Linux", "Firefox"), ("mobile", "Android", "Chrome Mobile"), ("mobile", "iOS", "Mobile Safari")),
    *(("tablet", "iOS", "Mobile Safari"), ("other", "unknown", "unknown"), ("desktop", OTHER, OTHER)),
)
COUNTRIES = ("NO", "SE", "DK", "DE", "US", "GB", "NL", "FR", "PL", "unknown", OTHER)
AGENTS = (
    *(("human", "Chrome"), ("human", "Firefox"), ("human", "Mobile Safari"), ("human", OTHER)),
    *(("bot", "Googlebot"), ("bot", "bingbot"), ("bot", "AhrefsBot"), ("bot", "unknown"), ("attack", "curl")),
    *(("ai", "GPTBot"), ("ai", "ClaudeBot"), ("ai", "PerplexityBot"), ("ai", "Bytespider"), ("ai", "CCBot")),
)
STATUSES = (200, 304, 404, 301, 206, 302, 403, 500, 502)
SCENARIOS = ("path-scan", "sql-injection", "password-guessing", "log4shell")
ERRORS = (
    ("error", "core", "AH00128: File does not exist: {}"),
    ("warn", "proxy", "AH01114: HTTP: failed to make connection to backend: {}"),
    ("error", "nginx", "upstream timed out ({}: Connection timed out) while reading response header from upstream"),
)


def make_tables(day: date, paths: int = 200, views: int = 20_000, state: str = "final") -> dict[str, pa.Table]:
    """All tables of a day; the same arguments give the same tables."""
    random = np.random.default_rng(day.toordinal())
    views = int(views * (0.55 if day.weekday() >= 5 else 1.0) * random.uniform(0.85, 1.15))
    makers = (_visits, _pages, _origins, _traffic, _troubles, _times)
    rows: dict[str, list[tuple[Any, ...]]] = {"late_daily": [("www", "closed", 3)]}
    for make in makers:
        rows |= make(random, day, _page_names(paths), views)
    lines = views * 9
    rows["days"] = [(state, lines, lines - 40, 30, 0, 0, 10, 3, "p1", "s1", "a1", "c1")]
    return {name: _table(name, day, rows.get(name, [])) for name in TABLES}


def _table(name: str, day: date, rows: Sequence[Sequence[Any]]) -> pa.Table:
    schema = TABLES[name].schema
    columns = [[day] * len(rows), *zip(*rows, strict=True)] if rows else [[] for _ in schema]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def _page_names(paths: int) -> list[str]:
    return ["/", *(f"/{SECTIONS[n % len(SECTIONS)]}/{n // len(SECTIONS) + 1}" for n in range(paths)), OTHER]


def _shares(random: Random, count: int, total: int) -> list[int]:
    """Counts with a long tail that add up to about `total`, none of them under 5."""
    weights = 1 / np.arange(1, count + 1) ** 0.9 * random.uniform(0.8, 1.2, count)
    return np.maximum(5, weights / weights.sum() * total).astype(int).tolist()


def _hosted(random: Random, keys: Sequence[tuple[Any, ...]], total: int) -> list[tuple[tuple[Any, ...], int]]:
    """Most of it on the first host, a fifth on the second, for the first half of the keys."""
    found = [((HOSTS[0], *key), count) for key, count in zip(keys, _shares(random, len(keys), total), strict=True)]
    half = keys[: len(keys) // 2 + 1]
    counts = _shares(random, len(half), total // 5)
    return found + [((HOSTS[1], *key), count) for key, count in zip(half, counts, strict=True)]


def _visits(random: Random, day: date, _: list[str], views: int) -> dict[str, list[tuple[Any, ...]]]:
    hosts = ((HOSTS[0], views), (HOSTS[1], views // 5), (HOSTS[2], 40))
    return {
        "visits_daily": [
            (host, n // 3, n // 4, n, n // 30, n // 7, float(n // 3 * int(random.integers(120, 200))))
            for host, n in hosts
        ]
    }


def _pages(random: Random, day: date, paths: list[str], views: int) -> dict[str, list[tuple[Any, ...]]]:
    pages = []
    for key, count in _hosted(random, [(path,) for path in paths], views):
        timed = int(count * random.uniform(0.3, 0.7))
        mean = random.uniform(15, 240)
        rest = (count * 3 // 4, count // 3, count // 3, count // 7)
        pages.append((*key, count, *rest, float(int(timed * mean)), timed, float(int(mean)) if timed else None))
    moves = [(start, end) for number, start in enumerate(paths) for end in paths[number // 2 : number // 2 + 3]]
    files = [("/files/annual-report.pdf",), ("/files/prices.xlsx",), (OTHER,)]
    return {
        "pages_daily": pages,
        "transitions_daily": [(*key, count) for key, count in _hosted(random, moves, views // 2)],
        "downloads_daily": [(*key, n, n * 4 // 5) for key, n in _hosted(random, files, views // 30)],
    }


def _origins(random: Random, day: date, _: list[str], views: int) -> dict[str, list[tuple[Any, ...]]]:
    visits = views // 3
    goals = [(goal, *source[:2], "/", "desktop") for goal in ("newsletter", "order") for source in SOURCES]
    return {
        "goals_daily": [(*key, n, n * 4 // 5) for key, n in _hosted(random, goals, visits // 40)],
        "sources_daily": [(*key, n, n * 3 // 4, n * 3, n // 3) for key, n in _hosted(random, SOURCES, visits)],
        "devices_daily": [(*key, n, n * 3 // 4, n * 3) for key, n in _hosted(random, DEVICES, visits)],
        "countries_daily": [
            (*key, n, n * 3 // 4, n * 3) for key, n in _hosted(random, [(one,) for one in COUNTRIES], visits)
        ],
    }


def _traffic(random: Random, day: date, _: list[str], views: int) -> dict[str, list[tuple[Any, ...]]]:
    begin, end = (start_of_day(one, ZONE) for one in (day, day + timedelta(days=1)))
    hours = [begin + timedelta(hours=n) for n in range(int((end - begin) / timedelta(hours=1)))]
    hourly = []
    for host, part in ((HOSTS[0], 1.0), (HOSTS[1], 0.2)):
        for hour in hours:
            busy = 1.2 + np.sin((hour.astimezone(ZONE).hour - 8) / 24 * 2 * np.pi)
            for kind, share in (("human", 6.0), ("bot", 2.0), ("ai", 0.8), ("attack", 0.3)):
                n = int(views / 24 * share * part * busy * random.uniform(0.8, 1.2))
                pageviews = n // 6 if kind == "human" else 0
                hourly.append((host, hour.astimezone(UTC), kind, n, pageviews, n * 9_000, n // 30, n // 900))
    statuses = [(status, kind) for status in STATUSES for kind in ("human", "bot", "ai", "attack")]
    return {
        "traffic_hourly": hourly,
        "status_daily": [(*key, n, n * 9_000) for key, n in _hosted(random, statuses, views * 9)],
        "agents_daily": [
            (*key, n, n // 6 if key[1] == "human" else 0, n * 9_000) for key, n in _hosted(random, AGENTS, views * 9)
        ],
    }


def _troubles(random: Random, day: date, paths: list[str], views: int) -> dict[str, list[tuple[Any, ...]]]:
    broken = [(f"/old/{n}", host) for n in range(max(10, len(paths) // 10)) for host in ("", "news.example.net")]
    attacks = [(one, "blocked", country) for one in SCENARIOS for country in ("unknown", "NL", OTHER)]
    return {
        "not_found_daily": [(*key, n) for key, n in _hosted(random, broken, views // 10)],
        "errors_daily": [(*key, n) for key, n in _hosted(random, ERRORS, 30)],
        "attacks_daily": [(*key, n // 10 + 1, n // 8 + 1, n) for key, n in _hosted(random, attacks, views // 20)],
    }


def _times(random: Random, day: date, paths: list[str], views: int) -> dict[str, list[tuple[Any, ...]]]:
    """A hump of twelve buckets for each path, and now and then a request that took for ever."""
    rows = []
    hump = np.exp(-(((np.arange(12) - 4) / 2.5) ** 2))
    for (host, path), count in _hosted(random, [(path,) for path in paths], views * 9):
        start = int(random.integers(8, 20))
        for bucket, n in zip(BUCKETS[start : start + 12], (hump / hump.sum() * count).astype(int), strict=True):
            if n:
                rows.append((host, path, float(bucket), int(n), float(bucket * n * 0.8)))
    rows.append((HOSTS[0], OTHER, float("inf"), 1, 2_000.0))
    return {"response_times_daily": rows}


def write_published(folder: Path, days: Sequence[date], paths: int, views: int) -> None:
    """`folder/<table>/<day>.parquet`; the last two days are provisional."""
    made = [make_tables(day, paths, views, "provisional" if day in days[-2:] else "final") for day in days]
    publish_tables({name: pa.concat_tables([one[name] for one in made]) for name in TABLES}, folder)


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.published", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="a folder for the tables")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--last", type=date.fromisoformat, default=datetime.now(ZONE).date(), help="YYYY-MM-DD")
    parser.add_argument("--paths", type=int, default=200, help="pages of the site")
    parser.add_argument(
        "--views", type=int, default=20_000, help="pageviews of a working day; hits are nine times that"
    )
    asked = parser.parse_args()
    days = [asked.last - timedelta(days=n) for n in reversed(range(asked.days))]
    write_published(asked.out, days, asked.paths, asked.views)
    print(f"{asked.days} days of tables in {asked.out}")


if __name__ == "__main__":
    main()
