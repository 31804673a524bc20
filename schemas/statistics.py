"""The published tables: one Parquet file a table and day, aggregates only, the same names for ever.

Types are only those that DuckDB, pandas, Polars and Power BI read alike. `dwell_median` is the only column with nulls.
"""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.dictionary import documented

COUNT: Final = pa.int64()
SECONDS: Final = pa.float64()
HOUR: Final = pa.timestamp("us", tz="UTC")

OTHER: Final = "(other)"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Published:
    """A table's columns: `day`, then keys (text where no type is given), then figures (counts likewise)."""

    name: str
    keys: tuple[str, ...]
    figures: tuple[str, ...]
    folded: tuple[str, ...] = ()  # the keys that hide small groups
    totals: tuple[tuple[str, ...], ...] = ()  # sums of its figure that stand in another table, by these keys

    @property
    def schema(self) -> pa.Schema:
        fields = [pa.field("day", pa.date32(), nullable=False)]
        fields += [pa.field(key, KEY_TYPES.get(key, pa.string()), nullable=False) for key in self.keys]
        fields += [
            pa.field(figure, FIGURE_TYPES.get(figure, COUNT), nullable=figure == "dwell_median")
            for figure in self.figures
        ]
        return documented(self.name, pa.schema(fields))


KEY_TYPES: Final = {"hour": HOUR, "status": COUNT, "bucket": SECONDS}
FIGURE_TYPES: Final = {
    "visit_seconds": SECONDS,
    "dwell_seconds": SECONDS,
    "dwell_median": SECONDS,
    "request_seconds": SECONDS,
    "state": pa.string(),
    "policy_version": pa.string(),
    "scenarios_version": pa.string(),
    "agent_lists_version": pa.string(),
    "country_data_version": pa.string(),
}

VISITS: Final = ("visits", "unique_visitors", "pageviews")

TABLES: Final = {
    table.name: table
    for table in (
        Published(
            "days",
            (),
            (
                *("state", "lines", "hits", "errors", "continuations", "ignored", "quarantined", "late"),
                *("policy_version", "scenarios_version", "agent_lists_version", "country_data_version"),
            ),
        ),
        Published(
            "traffic_hourly",
            ("vhost", "hour", "agent_kind"),
            ("hits", "pageviews", "bytes_sent", "errors_4xx", "errors_5xx"),
            folded=("vhost",),
        ),
        Published(
            "visits_daily",
            ("vhost",),
            ("visits", "unique_visitors", "pageviews", "downloads", "bounces", "visit_seconds"),
            folded=("vhost",),
        ),
        Published(
            "pages_daily",
            ("vhost", "path"),
            (
                *("views", "unique_visitors", "entries", "exits", "bounces"),
                *("dwell_seconds", "dwell_views", "dwell_median"),
            ),
            folded=("vhost", "path"),
        ),
        Published(
            "sources_daily",
            ("vhost", "source_kind", "source", "campaign"),
            (*VISITS, "bounces"),
            folded=("vhost", "source", "campaign"),
        ),
        Published(
            "transitions_daily",
            ("vhost", "from_path", "to_path"),
            ("transitions",),
            folded=("vhost", "from_path", "to_path"),
            totals=(("to_vhost", "to_path"),),  # views less entries
        ),
        Published(
            "devices_daily",
            ("vhost", "device_class", "os", "browser"),
            VISITS,
            folded=("vhost", "os", "browser"),
            totals=(("vhost", "browser"),),  # agents_daily has pageviews
        ),
        Published("countries_daily", ("vhost", "country"), VISITS, folded=("vhost", "country")),
        Published("downloads_daily", ("vhost", "path"), ("downloads", "unique_visitors"), folded=("vhost", "path")),
        Published(
            "goals_daily",
            ("vhost", "goal", "source_kind", "source", "entry_path", "device_class"),
            ("conversions", "unique_visitors"),
            folded=("vhost", "source_kind", "source", "entry_path", "device_class"),
        ),
        Published("status_daily", ("vhost", "status", "agent_kind"), ("hits", "bytes_sent"), folded=("vhost",)),
        Published(
            "not_found_daily", ("vhost", "path", "referrer_host"), ("hits",), folded=("vhost", "path", "referrer_host")
        ),
        Published(
            "agents_daily",
            ("vhost", "agent_kind", "agent"),
            ("hits", "pageviews", "bytes_sent"),
            folded=("vhost", "agent"),
        ),
        Published("errors_daily", ("vhost", "level", "module", "message_template"), ("errors",), folded=("vhost",)),
        Published(
            "attacks_daily",
            ("vhost", "scenario", "outcome", "country"),
            ("addresses", "alerts", "hits"),
            folded=("vhost", "country"),
        ),
        Published(
            "response_times_daily", ("vhost", "path", "bucket"), ("hits", "request_seconds"), folded=("vhost", "path")
        ),
        Published("late_daily", ("log", "reason"), ("lines",)),
    )
}
