"""The matched lines of one layout → a table: each field is cut from all lines, each distinct value converted once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.window import TEXT
from transforms.parsing import values
from transforms.parsing.layout import Groups, Layout
from transforms.parsing.meanings import DECISIVE, UNKEPT, Convert, Reading, converter_of
from transforms.parsing.values import UnreadableError

APACHE_CODE: Final = re.compile(r"\b(AH\d{5}):")


@dataclass(frozen=True)
class Rows:
    """`table` holds the good lines, `bad` the others: index into the lines given → quarantine reason."""

    table: pa.Table
    bad: dict[int, str]


def build_rows(
    layout: Layout, lines: Sequence[Groups], numbers: Sequence[int], schema: pa.Schema, how: Reading
) -> Rows:
    """The lines' groups → a table of `schema` (without `log` and `file`, which are null) in the order given."""
    fields = dict(zip(range(len(layout.meanings)), zip(*lines, strict=True), strict=True))
    columns: dict[str, pa.Array] = {}
    bad: dict[int, str] = {}
    for meaning, raw in _combine_hops(layout.meanings, fields):
        names, convert = converter_of(meaning, how)
        codes, distinct = encode(raw)
        converted = [_convert(value, convert, layout.json_escapes and meaning != "hops") for value in distinct]
        if names[0] in ("requested_at", "logged_at") and how.latest is not None:
            converted = ["future" if isinstance(v, tuple) and v[0] > how.latest else v for v in converted]
        for index in np.flatnonzero(np.isin(codes, [i for i, v in enumerate(converted) if isinstance(v, str)])):
            reason = converted[codes[index]]
            bad[int(index)] = reason if reason == "forged" else bad.get(int(index), reason)
        for position, name in enumerate(names):
            column = [None if v is None or isinstance(v, str) else v[position] for v in converted]
            new = _column(codes, column, schema.field(name).type if name in schema.names else TEXT)
            # where two directives fill one column, the last that has a value counts
            columns[name] = pc.coalesce(new, columns[name]) if name in columns else new
    if "message" in columns:
        columns |= _message_columns(columns)
    columns["line_number"] = pa.array(numbers, pa.int64())
    table = pa.table([_cast(columns, field, len(lines)) for field in schema], schema=schema)
    good = np.setdiff1d(np.arange(len(lines)), list(bad))
    return Rows(table.take(pa.array(good)) if bad else table, bad)


def encode(raw: Sequence[Any]) -> tuple[np.ndarray, list[Any]]:
    """Values → int32 codes and the distinct values, in order of first appearance."""
    index: dict[Any, int] = {}
    codes = np.fromiter((index.setdefault(value, len(index)) for value in raw), np.int32, len(raw))
    return codes, list(index)


def dictionary_array(codes: np.ndarray, distinct: Sequence[str | None]) -> pa.DictionaryArray:
    """Codes into `distinct`, where values may repeat or be null → a dictionary array whose values do neither."""
    index: dict[str, int] = {}
    mapping = np.array([-1 if v is None else index.setdefault(v, len(index)) for v in distinct], np.int32)
    new = mapping[codes] if len(distinct) else codes
    return pa.DictionaryArray.from_arrays(pa.array(new, pa.int32(), mask=new < 0), pa.array(list(index), pa.string()))


def _combine_hops(meanings: Sequence[str], fields: Mapping[int, Sequence[Any]]) -> list[tuple[str, Sequence[Any]]]:
    """Who asked depends on two fields together wherever a proxy's header is logged."""
    kept = [(meaning, fields[i]) for i, meaning in enumerate(meanings) if meaning not in UNKEPT]
    kept.sort(key=lambda pair: pair[0] in DECISIVE)
    parts = dict(kept)
    if "forwarded" not in parts or not fields:
        return kept
    peers = parts.get("client", (None,) * len(parts["forwarded"]))
    hops = list(zip(parts["forwarded"], peers, strict=True))
    return [("hops", hops), *((m, raw) for m, raw in kept if m not in ("forwarded", "client"))]


def _convert(value: Any, convert: Convert, json_escapes: bool) -> Any:
    """The converted tuple, None where the group took no part, or the reason (a str) why it cannot be read."""
    if value is None:
        return None
    try:
        return convert(values.unescape_json(value) if json_escapes else value)
    except UnreadableError as error:
        return error.reason


def _column(codes: np.ndarray, distinct: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == TEXT:
        return dictionary_array(codes, distinct)
    physical = pa.int64() if pa.types.is_timestamp(kind) else kind
    return pa.array(distinct, physical).take(pa.array(codes)).cast(kind)


def _cast(columns: dict[str, pa.Array], field: pa.Field, length: int) -> pa.Array:
    if field.name in columns:
        return columns[field.name].cast(field.type)
    empty = pa.nulls(length, field.type)
    return empty if field.nullable else pa.array(np.zeros(length), field.type)


def _message_columns(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Apache writes part of its message in front of `[client …]`; the code is in the message (AH00128)."""
    message = columns["message"].cast(pa.string())
    if "before" in columns:
        before = pc.fill_null(columns.pop("before").cast(pa.string()), "")
        message = pc.binary_join_element_wise(before, pc.fill_null(message, ""), "")
    codes, distinct = encode(message.to_pylist())
    stripped = [None if value is None else value.strip() or None for value in distinct]
    found = [APACHE_CODE.search(value) if value else None for value in stripped]
    return {
        "message": dictionary_array(codes, stripped),
        "code": dictionary_array(codes, [match[1] if match else None for match in found]),
    }
