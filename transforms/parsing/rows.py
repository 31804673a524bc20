"""The matched lines of one layout → a table: each field is cut from all lines, each distinct value converted once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.window import INSTANT, TEXT
from transforms.parsing import values
from transforms.parsing.fields import Field, pair_fields
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import DECISIVE, UNKEPT, Convert, Reading, converter_of
from transforms.parsing.plain import PLAIN, holding
from transforms.parsing.values import UnreadableError

PHYSICAL: Final = {TEXT: pa.string(), INSTANT: pa.int64()}  # as values are converted
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
    for meaning, field in _combine_hops(layout.meanings, fields):
        names, convert = converter_of(meaning, how)
        kinds = [schema.field(name).type if name in schema.names else TEXT for name in names]
        converted = _convert_field(meaning, field, convert, kinds, layout.json_escapes, one_by_one)
        if names[0] in ("requested_at", "logged_at") and how.latest is not None:
            late = np.asarray(pc.fill_null(pc.greater(converted.columns[0], how.latest), False))
            converted.reasons |= dict.fromkeys(np.flatnonzero(late).tolist(), "future")
        for index in np.flatnonzero(np.isin(field.codes, list(converted.reasons))) if converted.reasons else ():
            reason = converted.reasons[int(field.codes[index])]
            bad[int(index)] = reason if reason == "forged" else bad.get(int(index), reason)
        for name, kind, distinct in zip(names, kinds, converted.columns, strict=True):
            new = _spread(distinct, field.codes, kind)
            # where two directives fill one column, the last that has a value counts
            columns[name] = pc.coalesce(new, columns[name]) if name in columns else new
    if "message" in columns:
        columns |= _message_columns(columns)
    columns["line_number"] = pa.array(numbers, pa.int64())
    table = pa.table([_cast(columns, field, len(numbers)) for field in schema], schema=schema)
    good = np.ones(len(numbers), np.bool_)
    good[list(bad)] = False
    return Rows(table.filter(pa.array(good)) if bad else table, bad)


@dataclass
class Converted:
    """The columns of a field's distinct values (text or numbers), and why some of these cannot be read, by position."""

    columns: list[pa.Array]
    reasons: dict[int, str]


def _convert_field(
    meaning: str, field: Field, convert: Convert, kinds: Sequence[pa.DataType], json_escapes: bool, one_by_one: bool
) -> Converted:
    physical = [PHYSICAL.get(kind, kind) for kind in kinds]
    plain = None if one_by_one or isinstance(field.values, list) or field.values.null_count else PLAIN.get(meaning)
    if plain is None:
        easy: Sequence[pa.Array] = ()
        hard = np.ones(len(field.values), np.bool_)
    else:
        easy, hard = plain(field.values)
        if json_escapes:
            hard |= holding(field.values, ord("\\"))
    wanted = np.flatnonzero(hard)
    values = field.values if isinstance(field.values, list) else field.values.take(pa.array(wanted)).to_pylist()
    found = [_convert(value, convert, json_escapes and meaning != "hops") for value in values]
    reasons = {int(at): value for at, value in zip(wanted, found, strict=True) if isinstance(value, str)}
    slow = [
        pa.array([None if value is None or isinstance(value, str) else value[at] for value in found], kind)
        for at, kind in enumerate(physical)
    ]
    if plain is None:
        return Converted(slow, reasons)
    columns = [column.cast(kind) for column, kind in zip(easy, physical, strict=True)]
    if len(wanted):
        mask = pa.array(hard)
        columns = [pc.replace_with_mask(column, mask, own) for column, own in zip(columns, slow, strict=True)]
    return Converted(columns, reasons)


def _spread(distinct: pa.Array, codes: np.ndarray, kind: pa.DataType) -> pa.Array:
    """A value for each line, of a value for each code."""
    places = pa.array(codes)
    if kind != TEXT:
        return distinct.take(places).cast(kind)
    encoded = distinct.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


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


def _combine_hops(meanings: Sequence[str], fields: Sequence[Field]) -> list[tuple[str, Field]]:
    """Who asked depends on two fields together wherever a proxy's header is logged."""
    kept = [(meaning, field) for meaning, field in zip(meanings, fields, strict=True) if meaning not in UNKEPT]
    kept.sort(key=lambda pair: pair[0] in DECISIVE)
    parts = dict(kept)
    if "forwarded" not in parts:
        return kept
    hops = pair_fields(parts["forwarded"], parts.get("client"))
    return [("hops", hops), *((m, field) for m, field in kept if m not in ("forwarded", "client"))]


def _convert(value: Any, convert: Convert, json_escapes: bool) -> Any:
    """The converted tuple, None where the group took no part, or the reason (a str) why it cannot be read."""
    if value is None:
        return None
    try:
        return convert(values.unescape_json(value) if json_escapes else value)
    except UnreadableError as error:
        return error.reason


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
