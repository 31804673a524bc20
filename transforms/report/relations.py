"""What the report's queries read: published tables, of all virtual hosts or of one, and small lists beside them."""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import OTHER, UNKNOWN
from transforms.enriching.robots import company_of
from transforms.report.period import Period
from transforms.statistics.coded import open_engine
from transforms.statistics.day import read_query

Tables = Mapping[str, pa.Table]

WORD: Final = re.compile(r"\w+")
LISTS: Final = ("calendar", "clock", "local_hours", "companies", "hosts")


class Relations:
    """A DuckDB with the tables of a period; there is nothing in them to protect, so it sees them as they are.

    It holds those that the last query named and no other, so that of a long period one large table is in memory at
    a time.
    """

    def __init__(self, tables: Tables, period: Period, timezone: str, vhost: str | None) -> None:
        self.tables, self.period, self.timezone, self.vhost = tables, period, timezone, vhost
        self.engine = open_engine()
        self.held: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.engine.close()

    def ask(self, query: str) -> pa.Table:
        """The rows of one of this package's queries."""
        text = read_query("transforms.report", query)
        named = {word for word in WORD.findall(text) if word in LISTS or word in self.tables}
        for name in self.held - named:
            self.engine.unregister(name)
        for name in named - self.held:
            self.engine.register(name, self._rows(name))
        self.held = named
        return self.engine.sql(text).to_arrow_table()

    def _rows(self, name: str) -> pa.Table:
        match name:
            case "calendar":
                return pa.table({"day": pa.array(self.period.days(), pa.date32())})
            case "clock":
                return pa.table({"hour_of_day": range(24)})
            case "local_hours":
                return _local_hours(self._rows("traffic_hourly"), self.timezone)
            case "companies":
                return _companies(self.tables["agents_daily"])
            case "hosts":
                return self.tables["traffic_hourly"].select(["vhost", "hits"])
            case _:
                return of_host(self.tables[name], self.vhost)


def of_host(table: pa.Table, vhost: str | None) -> pa.Table:
    """`days` and `late_daily` tell no hosts apart, and stay whole."""
    is_whole = vhost is None or "vhost" not in table.column_names
    return table if is_whole else table.filter(pc.equal(table["vhost"], vhost))


def _local_hours(traffic: pa.Table, timezone: str) -> pa.Table:
    """The pageviews by what the clock in the site's zone showed; DuckDB comes without time zones."""
    local = pc.local_timestamp(traffic["hour"].cast(pa.timestamp("us", tz=timezone)))
    return pa.table({"hour_of_day": pc.hour(local), "pageviews": traffic["pageviews"]})


def _companies(agents: pa.Table) -> pa.Table:
    """Whose the agents of AI are."""
    names = pc.unique(agents.filter(pc.equal(agents["agent_kind"], "ai"))["agent"]).to_pylist()
    found = [OTHER if name == OTHER else company_of(name) or UNKNOWN for name in names]
    return pa.table({"agent": pa.array(names, pa.string()), "company": pa.array(found, pa.string())})
