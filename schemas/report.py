"""What a report says of a period: figures and tables, in no language and in no shape of a picture.

Made of published tables only, so that it says nothing that they do not say. Names are those of the data dictionary
where a column is one of theirs.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

Unit = Literal["text", "day", "count", "bytes", "seconds", "share"]
Value = str | int | float | date | datetime | None


@dataclass(frozen=True)
class Figure:
    """One number of the period, and of the period before; None where there is none, such as a share of nothing."""

    name: str
    unit: Unit
    value: float | None
    before: float | None


@dataclass(frozen=True)
class Column:
    """A column of a part; a share is between 0 and 1."""

    name: str
    unit: Unit


@dataclass(frozen=True)
class Part:
    """A table of the report, its rows in the order in which they are shown.

    `before` are the same rows of the period before, of series over time only. `more` is how many rows are left out at
    the end of a long table. `sums` are the rows of its chart where these are others, with the columns of SUMS: added up
    over all rows, also over those that are left out.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    before: tuple[tuple[Value, ...], ...] = ()
    more: int = 0
    sums: tuple[tuple[Value, ...], ...] = ()


@dataclass(frozen=True)
class Report:
    """A period of whole local days, `first` to `last`, both in it, and the as many days before it.

    `provisional` are its days that are not closed yet, `missing` those without published tables.
    """

    site: str
    timezone: str
    first: date
    last: date
    before_first: date
    before_last: date
    provisional: tuple[date, ...]
    missing: tuple[date, ...]
    missing_before: int
    vhost: str | None
    vhosts: tuple[str, ...]
    figures: tuple[Figure, ...]
    parts: dict[str, Part]
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)


# The figures of every report, in the order of the page. `unique_visitors` are visitor-days; shares are of all hits.
FIGURES: Final[dict[str, Unit]] = {
    "visits": "count",
    "unique_visitors": "count",
    "pageviews": "count",
    "downloads": "count",
    "bounce_rate": "share",  # of the visits
    "visit_mean": "seconds",
    "hits": "count",
    "bytes_sent": "bytes",
    "people_share": "share",
    "ai_share": "share",
    "client_error_share": "share",
    "server_error_share": "share",
    "errors": "count",  # of the error logs
    "attack_hits": "count",
}

# The parts of every report, in the order of the page, and their columns. A day without tables has None for figures. A
# percentile is the upper bound of its bucket, so that share took at most so long; inf where that is past the last one.
PARTS: Final = {
    "days": ("day:day", "state:text", "visits:count", "unique_visitors:count", "pageviews:count", "bounces:count"),
    "pages": (
        *("path:text", "views:count", "unique_visitors:count", "entries:count", "exits:count", "bounces:count"),
        *("dwell_mean:seconds", "dwell_coverage:share"),
    ),
    "sources": ("source_kind:text", "source:text", "campaign:text", "visits:count", "pageviews:count", "bounces:count"),
    "source_kinds": ("source_kind:text", "visits:count", "pageviews:count", "bounces:count"),
    "transitions": ("from_path:text", "to_path:text", "transitions:count"),
    "devices": ("device_class:text", "os:text", "browser:text", "visits:count", "pageviews:count"),
    "device_classes": ("device_class:text", "visits:count", "pageviews:count"),
    "countries": ("country:text", "visits:count", "pageviews:count"),
    "downloads": ("path:text", "downloads:count", "unique_visitors:count"),
    "goals": ("goal:text", "conversions:count"),
    "broken_links": ("path:text", "referrer_host:text", "hits:count"),
    "errors": ("level:text", "module:text", "message_template:text", "errors:count"),
    "statuses": ("status:count", "hits:count", "bytes_sent:bytes"),
    "response_times": ("path:text", "hits:count", "p50:seconds", "p90:seconds", "p99:seconds"),
    "response_times_by_day": ("day:day", "hits:count", "p50:seconds", "p90:seconds", "p99:seconds"),
    "traffic": ("day:day", "human:count", "bot:count", "ai:count", "attack:count"),
    "hours": ("hour_of_day:count", "pageviews:count"),
    "agents": ("agent_kind:text", "agent:text", "hits:count", "bytes_sent:bytes"),
    "ai_crawlers": ("company:text", "agent:text", "hits:count", "bytes_sent:bytes"),
    "attacks": ("scenario:text", "outcome:text", "addresses:count", "alerts:count", "hits:count"),
}

# What the charts of some parts show: fewer columns than their tables have, so that several rows are one. A page is None
# where it is one of the many that are less used.
SUMS: Final = {
    "sources": ("source_kind:text", "source:text", "visits:count"),
    "transitions": ("from_path:text", "to_path:text", "transitions:count"),
    "ai_crawlers": ("company:text", "hits:count"),
    "attacks": ("scenario:text", "hits:count"),
}
