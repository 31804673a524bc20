"""What the rules of every column are asked of: one row a column, so that few rules hold for all tables."""

import math
from collections.abc import Collection, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import TABLES
from transforms.anonymising.left_over import CANDIDATE, find_plain_addresses

# What the policy or a package names: nobody who sends a line can put an address there.
OWN: Final = {
    *("log", "goal", "scenario"),
    *("policy_version", "scenarios_version", "agent_lists_version", "country_data_version"),
}
MEASURES: Final = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("table", "column")),
        pa.field("is_typed", pa.bool_()),
        pa.field("missing", pa.int64()),
        pa.field("least", pa.float64()),
        *(pa.field(name, pa.int64()) for name in ("shortest", "longest", "addresses")),
    ]
)


def measure_columns(tables: Mapping[str, pa.Table], own: Collection[str]) -> pa.Table:
    """Every column of published tables as a row of MEASURES; `own` are names that may be addresses.

    `missing` counts values that are null and may not be; `least` is of figures (−1 where one is endless), the others
    are of text, null where there is none.
    """
    rows = [
        {"table": name, "column": field.name} | _measure(table[field.name], field, own)
        for name, table in tables.items()
        for field in TABLES[name].schema
        if field.name in table.column_names
    ]
    return pa.Table.from_pylist(rows, schema=MEASURES)


def _measure(column: pa.ChunkedArray, field: pa.Field, own: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "is_typed": column.type == field.type,
        "missing": 0 if field.nullable else column.null_count,
    }
    if pa.types.is_string(column.type):
        texts = column.unique().drop_null()
        lengths = pc.min_max(pc.utf8_length(texts)).as_py()
        found |= {"shortest": lengths["min"], "longest": lengths["max"]}
        found["addresses"] = 0 if field.name in OWN else sum(map(holds_address, _candidates(texts, own)))
    elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        found["least"] = _least(column, field.name)
    return found


def _least(column: pa.ChunkedArray, name: str) -> float | None:
    bounds = pc.min_max(column).as_py()
    if name != "bucket" and bounds["max"] is not None and not math.isfinite(bounds["max"]):
        return -1.0  # the last bucket alone has no end
    return None if bounds["min"] is None else float(bounds["min"])


def _candidates(texts: pa.Array, own: Collection[str]) -> list[str]:
    found: list[str] = texts.filter(pc.match_substring_regex(texts, CANDIDATE.pattern)).to_pylist()
    return [text for text in found if text not in own]


def holds_address(text: str) -> bool:
    """Whether a published text holds an address in its plain spelling; of what anybody may send, none does by now."""
    return any(True for _ in find_plain_addresses(text))
