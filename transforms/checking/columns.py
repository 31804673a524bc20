"""What the rules of every column are asked of: one row a column, so that few rules hold for all tables."""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import TABLES
from transforms.anonymising.ipv6 import find_ipv6

# Where an address may be at all, for a quick look
CANDIDATE: Final = r"[0-9]\.[0-9]+\.[0-9]+\.[0-9]|:[0-9A-Fa-f]*:"
# Less than what the scrubber finds: a text that anybody may send must not keep a day from being published.
IPV4: Final = re.compile(r"(?<![\w.%-])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.-])")
OWN: Final = {"log"}  # the policy names them
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
    found: list[str] = texts.filter(pc.match_substring_regex(texts, CANDIDATE)).to_pylist()
    return [text for text in found if text not in own]


def holds_address(text: str) -> bool:
    """Whether a published text holds an address in its plain spelling."""
    has_ipv4 = any(all(int(octet) < 256 for octet in match[0].split(".")) for match in IPV4.finditer(text))
    return has_ipv4 or any(True for _ in find_ipv6(text))
