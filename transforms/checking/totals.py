"""Sums over whole tables beside each other, so that tables can be compared: hits of one are hits of another."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import TABLES

# statuses of status_daily whose hits other tables count too
STATUSES: Final = {"status_404": (404, 404), "status_4xx": (400, 499), "status_5xx": (500, 599)}
NO_SUMS: Final = {"dwell_median"}


def total_tables(tables: Mapping[str, pa.Table], within: Sequence[str]) -> pa.Table:
    """One row for each `within` (such as day, or day and vhost), a column `<table>.<figure>` for each figure's sum.

    `<table>.rows` counts rows. Tables that lack a column of `within` are left out; where a table has no row, 0 stands.
    """
    parts = [part for name, table in _parts(tables).items() if (part := _total(name, table, within)) is not None]
    joined = reduce(lambda one, other: one.join(other, list(within), join_type="full outer"), parts)
    columns = {name: joined[name] for name in joined.column_names}
    return pa.table(columns | {name: pc.fill_null(columns[name], 0) for name in columns if name not in within})


def _parts(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    found = {name: tables[name] for name in TABLES}
    status = tables["status_daily"]["status"]
    for name, (first, last) in STATUSES.items():
        is_one = pc.and_(pc.greater_equal(status, first), pc.less_equal(status, last))
        found[name] = tables["status_daily"].filter(is_one)
    return found


def _total(name: str, table: pa.Table, within: Sequence[str]) -> pa.Table | None:
    if not set(within) <= set(table.column_names):
        return None
    keys = TABLES[name].keys if name in TABLES else TABLES["status_daily"].keys
    figures = [
        field.name
        for field in table.schema
        if field.name not in {"day", *keys, *NO_SUMS} and not pa.types.is_string(field.type)
    ]
    sums = table.group_by(list(within)).aggregate([*((figure, "sum") for figure in figures), ([], "count_all")])
    names = {f"{figure}_sum": f"{name}.{figure}" for figure in figures} | {"count_all": f"{name}.rows"}
    return sums.rename_columns([names.get(column, column) for column in sums.column_names])
