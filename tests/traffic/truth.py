"""What really happened, counted as it is decided and not read back from the logs."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

# Published table → (keys, figures), as in the data dictionary, without the versions in `days`.
TABLES: Final = {
    "days": ("day state", "lines hits errors continuations ignored quarantined late"),
    "traffic_hourly": ("day vhost hour agent_kind", "hits pageviews bytes_sent errors_4xx errors_5xx"),
    "visits_daily": ("day vhost", "visits unique_visitors pageviews downloads bounces visit_seconds"),
    "pages_daily": ("day vhost path", "views unique_visitors entries exits bounces dwell_seconds dwell_views"),
    "sources_daily": ("day vhost source_kind source campaign", "visits unique_visitors pageviews bounces"),
    "transitions_daily": ("day vhost from_path to_path", "transitions"),
    "devices_daily": ("day vhost device_class os browser", "visits unique_visitors pageviews"),
    "countries_daily": ("day vhost country", "visits unique_visitors pageviews"),
    "downloads_daily": ("day vhost path", "downloads unique_visitors"),
    "goals_daily": (
        "day vhost goal source_kind source entry_path device_class",
        "conversions unique_visitors",
    ),
    "status_daily": ("day vhost status agent_kind", "hits bytes_sent"),
    "not_found_daily": ("day vhost path referrer_host", "hits"),
    "agents_daily": ("day vhost agent_kind agent", "hits pageviews bytes_sent"),
    "errors_daily": ("day vhost level module message_template", "errors"),
    "attacks_daily": ("day vhost scenario outcome country", "addresses alerts hits"),
    "response_times_daily": ("day vhost path bucket", "hits request_seconds"),
    "late_daily": ("day log reason", "lines"),
}
Row = dict[str, Any]
Key = tuple[Any, ...]


def _counters() -> dict[str, dict[Key, Row]]:
    def zeroes(figures: str) -> defaultdict[Key, Row]:
        names = figures.split()
        return defaultdict(lambda: dict.fromkeys(names, 0))

    return {table: zeroes(figures) for table, (_, figures) in TABLES.items()}


@dataclass
class Truth:
    """Counts of everything that was written, under the policy of this package and with nothing folded.

    `files` names what was written by kind (access, error), oldest first; `lines` and `quarantine` count by file,
    the latter by day too; `blocklist` holds target and scenario of every attacker.
    """

    files: dict[str, list[str]] = field(default_factory=lambda: {"access": [], "error": []})
    lines: Counter[str] = field(default_factory=Counter)
    quarantine: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    blocklist: list[dict[str, str]] = field(default_factory=list)
    counters: dict[str, dict[Key, Row]] = field(default_factory=_counters)
    dwells: dict[Key, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, table: str, key: Key, **figures: float) -> None:
        """Add to the figures of one row."""
        row = self.counters[table][key]
        for name, amount in figures.items():
            row[name] += amount

    def add_line(self, day: str, outcome: str) -> None:
        """Count a line of a day as hits, errors, continuations, ignored or quarantined."""
        row = self.counters["days"][day, "final"]
        row["lines"] += 1
        row[outcome] += 1

    @cached_property
    def tables(self) -> dict[str, list[Row]]:
        """Every published table as sorted rows; `day` and `hour` are ISO 8601 texts. To be read when all is written."""
        return {table: self._rows(table, keys.split()) for table, (keys, _) in TABLES.items()}

    def _rows(self, table: str, keys: list[str]) -> list[Row]:
        counted = sorted(self.counters[table].items())
        rows = [dict(zip(keys, key, strict=True)) | figures for key, figures in counted]
        if table == "pages_daily":
            for row, (key, _) in zip(rows, counted, strict=True):
                row["dwell_median"] = _median(self.dwells[key]) if row["dwell_views"] else None
        return rows

    def as_json(self) -> str:
        """Files, lines, quarantine, blocklist and tables."""
        names = ("files", "lines", "quarantine", "blocklist", "tables")
        return json.dumps({name: getattr(self, name) for name in names}, indent=1)


def _median(seconds: Counter[int]) -> float:
    ordered = sorted(seconds.elements())
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2
