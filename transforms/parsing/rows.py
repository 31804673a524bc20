"""The matched lines of one layout → a table: each field is cut from all lines, each distinct value converted once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.window import TEXT
from transforms.parsing.converting import Converted, convert_field, convert_hops
from transforms.parsing.fields import Codes, Field
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import CLIENT_COLUMNS, DECISIVE, UNKEPT, Reading, converter_of

TIMES: Final = ("requested_at", "logged_at")
HOPS: Final = (*CLIENT_COLUMNS, "peer_ip")
APACHE_CODE: Final = re.compile(r"\b(AH\d{5}):")


@dataclass(frozen=True)
class Rows:
    """`table` holds the good lines, `bad` the others: index into the lines given → quarantine reason."""

    table: pa.Table
    bad: dict[int, str]


def build_rows(
    layout: Layout,
    fields: Sequence[Field],
    numbers: np.ndarray,
    schema: pa.Schema,
    how: Reading,
    one_by_one: bool = False,
) -> Rows:
    """The lines' fields → a table of `schema` (without `log` and `file`, which are null) in the order given.

    `one_by_one` converts every value by itself, as the plain ways of `transforms.parsing.plain` are tested against.
    """
    columns: dict[str, pa.Array] = {}
    bad: dict[int, str] = {}
    for names, codes, converted in _converted(layout, fields, schema, how, one_by_one):
        if names[0] in TIMES and how.latest is not None:
            late = np.asarray(pc.fill_null(pc.greater(converted.columns[0], how.latest), False))
            converted.reasons |= dict.fromkeys(np.flatnonzero(late).tolist(), "future")
        _note_bad(bad, codes, converted.reasons)
        for name, distinct in zip(names, converted.columns, strict=True):
            if name in how.left_out:
                continue
            new = _spread(distinct, codes, _kind(schema, name))
            # where two directives fill one column, the last that has a value counts
            columns[name] = pc.coalesce(new, columns[name]) if name in columns else new
    if "message" in columns:
        columns |= _message_columns(columns)
    columns["line_number"] = pa.array(numbers, pa.int64())
    table = pa.table([_cast(columns, field, len(numbers)) for field in schema], schema=schema)
    good = np.ones(len(numbers), np.bool_)
    good[list(bad)] = False
    return Rows(table.filter(pa.array(good)) if bad else table, bad)


def _converted(
    layout: Layout, fields: Sequence[Field], schema: pa.Schema, how: Reading, one_by_one: bool
) -> Iterator[tuple[Sequence[str], Codes, Converted]]:
    """For each field the columns that it fills, a code a line, and what stands for each code in these columns."""
    kept = [(meaning, field) for meaning, field in zip(layout.meanings, fields, strict=True) if meaning not in UNKEPT]
    kept.sort(key=lambda pair: DECISIVE.get(pair[0], 0))
    parts = dict(kept)
    if "forwarded" in parts:  # who asked depends on two fields together
        yield HOPS, *convert_hops(parts.pop("forwarded"), parts.pop("client", None), how, one_by_one)
    for meaning, field in kept:
        if meaning in parts:
            names, _ = converter_of(meaning, how)
            kinds = [_kind(schema, name) for name in names]
            yield names, field.codes, convert_field(meaning, field, kinds, how, layout.json_escapes, one_by_one)


def _note_bad(bad: dict[int, str], codes: Codes, reasons: Mapping[int, str]) -> None:
    if reasons:
        for index in np.flatnonzero(np.isin(codes, list(reasons))).tolist():
            reason = reasons[int(codes[index])]
            bad[index] = reason if reason == "forged" else bad.get(index, reason)


def _kind(schema: pa.Schema, name: str) -> pa.DataType:
    return schema.field(name).type if name in schema.names else TEXT


def _spread(distinct: pa.Array, codes: np.ndarray, kind: pa.DataType) -> pa.Array:
    """A value for each line, of a value for each code."""
    places = pa.array(codes)
    if kind != TEXT:
        return distinct.take(places).cast(kind)
    encoded = distinct.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


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
    encoded = message.dictionary_encode()
    stripped = [value.strip() or None for value in encoded.dictionary.to_pylist()]
    found = [APACHE_CODE.search(value) if value else None for value in stripped]
    codes = [match[1] if match else None for match in found]
    return {
        name: _spread(pa.array(values, pa.string()), encoded.indices, TEXT)
        for name, values in (("message", stripped), ("code", codes))
    }
