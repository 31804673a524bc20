"""What the report's queries read: published tables, of all virtual hosts or of one, and small lists beside them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import OTHER, UNKNOWN
from transforms.enriching.robots import company_of
from transforms.report.period import Period
from transforms.statistics.coded import open_engine
from transforms.statistics.day import read_query

Tables = Mapping[str, pa.Table]
Engine = duckdb.DuckDBPyConnection


@contextmanager
def relations(tables: Tables, period: Period, timezone: str, vhost: str | None) -> Iterator[Engine]:
    """A DuckDB that has the tables of a period; there is nothing in them to protect, so it sees them as they are."""
    chosen = tables if vhost is None else {name: _of_host(table, vhost) for name, table in tables.items()}
    with open_engine() as engine:
        lists = _lists(chosen, period, timezone) | {"hosts": tables["traffic_hourly"].select(["vhost", "hits"])}
        for name, table in {**chosen, **lists}.items():
            engine.register(name, table)
        yield engine


def ask(engine: Engine, query: str) -> pa.Table:
    """The rows of one of this package's queries."""
    return engine.sql(read_query("transforms.report", query)).to_arrow_table()


def _of_host(table: pa.Table, vhost: str) -> pa.Table:
    """`days` and `late_daily` tell no hosts apart, and stay whole."""
    return table.filter(pc.equal(table["vhost"], vhost)) if "vhost" in table.column_names else table


def _lists(tables: Tables, period: Period, timezone: str) -> dict[str, pa.Table]:
    """The days, the hours of the clock with their pageviews, and whose the AI's agents are."""
    traffic = tables["traffic_hourly"]
    local = pc.local_timestamp(traffic["hour"].cast(pa.timestamp("us", tz=timezone)))
    return {
        "calendar": pa.table({"day": pa.array(period.days(), pa.date32())}),
        "clock": pa.table({"hour_of_day": range(24)}),
        "local_hours": pa.table({"hour_of_day": pc.hour(local), "pageviews": traffic["pageviews"]}),
        "companies": _companies(tables.get("agents_daily")),
    }


def _companies(agents: pa.Table | None) -> pa.Table:
    names = pc.unique(agents.filter(pc.equal(agents["agent_kind"], "ai"))["agent"]).to_pylist() if agents else []
    found = [OTHER if name == OTHER else company_of(name) or UNKNOWN for name in names]
    return pa.table({"agent": pa.array(names, pa.string()), "company": pa.array(found, pa.string())})
