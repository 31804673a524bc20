"""A part of the report: the rows of its query, cut where they are too many to look at."""

from functools import reduce
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from schemas.report import FIGURES, PARTS, SUMS, Column, Figure, Part, Unit, Value
from schemas.statistics import OTHER
from transforms.report.relations import Relations

MOST: Final = 50  # rows of a part; whoever wants all reads the tables
SERIES: Final = ("days", "traffic")  # what is shown beside the same of the period before
WHOLE: Final = ("days", "traffic", "hours", "response_times_by_day")  # over time, so none of it is left out
NEVER_FOLDED: Final = ("source_kind", "device_class", "agent_kind", "company")
TYPES: Final[dict[Unit, pa.DataType]] = {
    "text": pa.string(),
    "day": pa.date32(),
    "count": pa.int64(),
    "bytes": pa.int64(),
    "seconds": pa.float64(),
    "share": pa.float64(),
}


def compute_part(name: str, now: Relations, before: Relations | None) -> Part:
    """A part by its query; `before` is the period before, if anything of it was published."""
    columns = tuple(_column(written) for written in PARTS[name])
    rows = _typed(now.ask(name), columns)
    shown = rows if name in WHOLE else _cut(rows, columns)
    earlier = _typed(before.ask(name), columns) if before and name in SERIES else rows.slice(0, 0)
    return Part(name, columns, _values(shown), _values(earlier), len(rows) - len(shown), _sums(name, now))


def compute_figures(now: Relations, before: Relations | None) -> tuple[Figure, ...]:
    """The sums, means and shares of the period, and of the one before."""
    found, then = (one.ask("figures").to_pylist()[0] if one else {} for one in (now, before))
    return tuple(Figure(name, unit, _number(found[name]), _number(then.get(name))) for name, unit in FIGURES.items())


def _sums(name: str, now: Relations) -> tuple[tuple[Value, ...], ...]:
    """The rows of a part's chart, of tables that its own query has just read."""
    if name not in SUMS:
        return ()
    columns = tuple(_column(written) for written in SUMS[name])
    rows = _typed(now.ask(f"{name}_summed"), columns)
    return _values(rows)


def _column(written: str) -> Column:
    name, _, unit = written.partition(":")
    return Column(name, unit)  # type: ignore[arg-type] # PARTS holds units only


def _typed(rows: pa.Table, columns: tuple[Column, ...]) -> pa.Table:
    """Sums of DuckDB are wider than they need to be."""
    schema = pa.schema([(column.name, TYPES[column.unit]) for column in columns])
    return rows.select(schema.names).cast(schema)


def _cut(rows: pa.Table, columns: tuple[Column, ...]) -> pa.Table:
    """The first MOST, and what is folded, which the queries put at the end."""
    folding = [column.name for column in columns if column.unit == "text" and column.name not in NEVER_FOLDED]
    are_folded = [pc.equal(rows[name], OTHER) for name in folding]
    named = len(rows) - (pc.sum(reduce(pc.and_, are_folded)).as_py() or 0 if are_folded else 0)
    return pa.concat_tables([rows.slice(0, min(MOST, named)), rows.slice(named)])


def _values(rows: pa.Table) -> tuple[tuple[Value, ...], ...]:
    return tuple(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
