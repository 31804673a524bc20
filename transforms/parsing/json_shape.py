"""JSON lines of one shape: the same keys in the same order, which most servers write, cut like any other layout.

Shapes are those of a block's first good lines. A line with the same bytes around plain values is the same object, so
its values are found without reading it as JSON; every other line is read as JSON.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from transforms.parsing.fields import Field, Mask, join_fields, matches
from transforms.parsing.json_layout import DOUBLED, NUMBERS, REQUESTS, JsonLayout, first_value, join_pairs, raw_value
from transforms.parsing.layout import BLANKS, Layout, Piece, join_pieces
from transforms.parsing.regular import Regular, read_regular

TRIES: Final = 20  # lines at the beginning of a block
SHAPES: Final = 8  # of a block's lines
WORTHWHILE: Final = 0.03  # of a block's lines, which a shape must have for a further one to be tried
LONGEST: Final = 10_000  # bytes of a line that others could be like
STRING: Final = rb"[ !#-\[\]-~]*"  # ASCII without escapes
NUMBER: Final = rb"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?"  # no reader refuses these
TOKEN: Final = re.compile(rb'"(?P<text>[^"]*)"(?P<colon>\s*:)?|(?P<number>' + NUMBER + rb")", re.DOTALL)
# An instant in seconds, or a duration, that is the same number as a float written with nine digits behind the point.
PLAIN_NUMBER: Final = r"\A(?:0|[1-9][0-9]{0,14}|(?:0|[1-9][0-9]{0,5})\.[0-9]{1,8})\z"
MISSING: Final = b"-"


@dataclass(frozen=True)
class Shape:
    """A layout of all values of a line, in order, and for each meaning of the JSON layout which one it takes."""

    layout: Layout
    taken: tuple[int | None, ...]  # None: no line of this shape has it


def read_regular_json(block: bytes, layout: JsonLayout) -> Regular | None:
    """As `regular.read_regular`, shape after shape as long as each is that of many lines."""
    whole: Regular | None = None
    for _ in range(SHAPES):
        found = _read_one_shape(_others_of(whole, block) if whole else block, layout)
        if found is None:
            break
        whole = found if whole is None else _add(whole, found)
        if len(found.numbers) < len(whole.ends) * WORTHWHILE or not len(whole.others):
            break
    return whole


def _others_of(whole: Regular, block: bytes) -> bytes:
    """The lines of a block that were of no shape yet."""
    begins, ends = whole.begins[whole.others].tolist(), whole.ends[whole.others].tolist()
    return b"".join(block[begin : end + 1] for begin, end in zip(begins, ends, strict=True))


def _read_one_shape(block: bytes, layout: JsonLayout) -> Regular | None:
    """The lines of the shape that the block's first good line has."""
    shape = next((shape for line in _first_lines(block) if (shape := shape_of(layout, line))), None)
    regular = read_regular(block, shape.layout) if shape else None
    if not shape or not regular:
        return None
    fields, fits = [], np.ones(len(regular.numbers), np.bool_)
    for meaning, place in zip(layout.meanings, shape.taken, strict=True):
        field, good = _convert(meaning, shape, place, regular)
        fields.append(field)
        fits &= good
    requests = [field for field, meaning in zip(fields, layout.meanings, strict=True) if meaning in REQUESTS]
    fits &= _says(fields[0], MISSING) & np.logical_or.reduce([_says(field, MISSING, b"") for field in requests])
    return replace(regular, fields=fields).only(fits)


def _add(whole: Regular, more: Regular) -> Regular:
    """With the lines that were found among the others of `whole`."""
    numbers = np.concatenate([whole.numbers, whole.others[more.numbers]])
    order = np.argsort(numbers, kind="stable")
    fields = [join_fields(pair).ordered(order) for pair in zip(whole.fields, more.fields, strict=True)]
    return replace(whole, fields=fields, numbers=numbers[order])


def shape_of(layout: JsonLayout, line: bytes) -> Shape | None:
    """The shape of a line; None where it is no line of the layout, or no plain one."""
    if len(line) > LONGEST or b"\\" in line or not line.isascii() or layout.read(line) is None:
        return None
    found = [match for match in TOKEN.finditer(line) if match["colon"] is None]
    leaves = iter(range(len(found)))
    tree = _number_leaves(json.loads(line, object_pairs_hook=join_pairs), leaves)
    if next(leaves, None) is not None:
        return None
    taken = [_leaf(first_value(tree, paths)) for paths in layout.paths]
    if any(place is DOUBLED for place in taken):
        return None
    pieces, done = [], 0
    for match in found:
        kind = "text" if match["text"] is not None else "number"
        pieces.append(Piece(line[done : match.start(kind)], STRING if kind == "text" else NUMBER, "skip"))
        done = match.end(kind)
    return Shape(join_pieces(layout.name, pieces, line[done:]), tuple(taken))


def _first_lines(block: bytes) -> Iterator[bytes]:
    begin = 0
    for _ in range(TRIES):
        end = block.find(b"\n", begin)
        if end < 0:
            return
        yield block[begin:end].rstrip(BLANKS)
        begin = end + 1


def _number_leaves(node: Any, leaves: Iterator[int]) -> Any:
    """The same object with the number of each text and number in its place."""
    if isinstance(node, dict):
        return {key: _number_leaves(value, leaves) for key, value in node.items()}
    if isinstance(node, list):
        return [_number_leaves(value, leaves) for value in node]
    return node if node is None or node is DOUBLED or isinstance(node, bool) else next(leaves, DOUBLED)


def _leaf(found: Any) -> Any:
    """The number of a value, None for none, DOUBLED where it is of no use."""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if found is None or (isinstance(found, int) and not isinstance(found, bool)) else DOUBLED


def _convert(meaning: str, shape: Shape, place: int | None, regular: Regular) -> tuple[Field, Mask]:
    """The field as the JSON layout reads it, and which lines have a value that it can be."""
    every = np.ones(len(regular.numbers), np.bool_)
    if place is None:
        return Field(np.zeros(len(every), np.int32), pa.array([MISSING], pa.binary())), every
    field = regular.fields[place]
    is_number = shape.layout.pieces[place].pattern == NUMBER
    if not is_number and meaning not in NUMBERS:
        return field, every
    good = matches(field.values, PLAIN_NUMBER)
    if meaning not in NUMBERS:  # as text, 1.0 and 1 differ
        good &= ~np.asarray(pc.match_substring(field.values, b"."))
    else:
        good &= matches(field.values, rf"\A(?:{NUMBERS[meaning].pattern.decode()})\z")
    if good.all():
        return field, every
    hard = ~good
    found = field.values.filter(pa.array(hard)).to_pylist()
    raws = [raw_value(_number(raw) if is_number else raw.decode(), meaning) for raw in found]
    good[hard] = [raw is not None for raw in raws]
    own = pa.array([MISSING if raw is None else raw for raw in raws], pa.binary())
    return Field(field.codes, pc.replace_with_mask(field.values, pa.array(hard), own)), good[field.codes]


def _number(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return DOUBLED


def _says(field: Field, *nothing: bytes) -> Mask:
    """Which lines have another value than these."""
    says: Mask = ~np.asarray(pc.is_in(field.values, pa.array(nothing, pa.binary())))[field.codes]
    return says
