"""The fields of a block's regular lines, cut by position; the numbers of the other lines, which patterns must read."""

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.parsing.directives import BARE, QUOTED
from transforms.parsing.fields import Field, Mask, Positions, bytes_of, cut, field_of, matches
from transforms.parsing.layout import Layout
from transforms.parsing.template import QUOTE, Cell, Template, template_of
from transforms.parsing.tokenizer import Lines, find_lines

CLASS: Final = re.compile(rb"\[\^?(?:\\.|[^\]\\])+\][+*]")  # a pattern that says only which bytes a value may have
NUMERIC: Final = re.compile(rb"(?:\\d|\\\.|[][{},0-9|()?:*+eE-])+")  # a pattern that RE2 reads as Python does
WORD: Final = 8  # bytes that are compared at once


@dataclass(frozen=True)
class Regular:
    """`fields` of the regular lines, one a meaning of the layout, and their `numbers` (from 0).

    `begins` and `ends` are the places of all lines.
    """

    fields: list[Field]
    numbers: Positions
    begins: Positions
    ends: Positions

    @cached_property
    def others(self) -> Positions:
        """The numbers of the lines that are left to patterns."""
        left = np.ones(len(self.ends), np.bool_)
        left[self.numbers] = False
        return np.flatnonzero(left)

    def only(self, fits: Mask) -> "Regular":
        """Some of the regular lines; the others are left to patterns too."""
        if fits.all():
            return self
        return replace(self, fields=[field.only(fits) for field in self.fields], numbers=self.numbers[fits])


def read_regular(block: bytes, layout: Layout) -> Regular | None:
    """The lines of a block that ends with a newline; None where a layout has no template."""
    template = template_of(layout)
    if template is None:
        return None
    lines = find_lines(block, template)
    buffer = np.frombuffer(block, np.uint8)
    fits = np.ones(len(lines.regular), np.bool_)
    for cell in template.cells:
        fits &= _fixed_bytes_fit(buffer, cell, lines)
    if any(piece.pattern == BARE["forwarded"] for piece in layout.pieces):
        fits &= ~_says_dash_twice(buffer, layout, template, lines)
    lines = lines.only(fits)
    fields: dict[int, Field] = {}
    fits = np.ones(len(lines.regular), np.bool_)
    for cell in template.cells:
        if cell.pieces:
            found, good = _read_cell(pa.py_buffer(block), cell, lines, layout)
            fits &= good
            fields |= dict(zip(cell.pieces, found, strict=True))
    whole = [fields[number] for number in range(len(layout.pieces))]
    return Regular(whole, lines.regular, lines.begins, lines.ends).only(fits)


def _span(cell: Cell, lines: Lines) -> tuple[Positions, Positions]:
    """Where a cell begins and ends, of each regular line."""
    begins = lines.begins[lines.regular] if cell.first < 0 else lines.separators[cell.first] + 1
    return begins, lines.separators[cell.last]


def _fixed_bytes_fit(buffer: NDArray[np.uint8], cell: Cell, lines: Lines) -> Mask:
    begins, ends = _span(cell, lines)
    fits: Mask
    if not cell.pieces:
        fits = ends - begins == len(cell.prefix)
    elif cell.prefix or cell.suffix:
        fits = ends - begins >= len(cell.prefix) + len(cell.suffix)
    else:
        return np.ones(len(begins), np.bool_)
    if cell.prefix:
        fits &= _stands_at(buffer, begins, cell.prefix)
    if cell.suffix:
        fits &= _stands_at(buffer, ends - len(cell.suffix), cell.suffix)
    return fits


def _says_dash_twice(buffer: NDArray[np.uint8], layout: Layout, template: Template, lines: Lines) -> Mask:
    """Whether " - " follows an unquoted header of addresses, and another before the next quote: the first is in doubt.

    The pattern says so too, in a look-ahead.
    """
    twice = np.zeros(len(lines.regular), np.bool_)
    cells = template.cells
    for at, cell in enumerate(cells):
        if any(layout.pieces[number].pattern == BARE["forwarded"] for number in cell.pieces):
            end = next(
                (n for n, one in enumerate(cells) if n > at and template.separators[one.last] == QUOTE), len(cells)
            )
            dashes = [_is_dash(buffer, one, lines) for one in cells[at + 1 : end + 1]]
            if len(dashes) > 2:
                twice |= dashes[0] & np.logical_or.reduce(dashes[2:])
    return twice


def _is_dash(buffer: NDArray[np.uint8], cell: Cell, lines: Lines) -> Mask:
    begins, ends = _span(cell, lines)
    is_dash: Mask = (ends - begins == 1) & _stands_at(buffer, begins, b"-")
    return is_dash


def _stands_at(buffer: NDArray[np.uint8], places: Positions, literal: bytes) -> Mask:
    """Whether the bytes are found at the places; a place beyond the block's end is none."""
    stands: Mask = np.asarray((places >= 0) & (places + len(literal) <= len(buffer)))
    places = np.where(stands, places, 0)
    for begin in range(0, len(literal), WORD):
        part = literal[begin : begin + WORD]
        if len(part) == WORD:
            words = np.ndarray(max(0, len(buffer) - WORD + 1), np.uint64, buffer, strides=(1,))
            stands &= words[np.minimum(places + begin, len(words) - 1)] == np.frombuffer(part, np.uint64)[0]
        else:
            for at, byte in enumerate(part, start=begin):
                stands &= buffer[np.minimum(places + at, len(buffer) - 1)] == byte
    return stands


def _read_cell(block: pa.Buffer, cell: Cell, lines: Lines, layout: Layout) -> tuple[list[Field], Mask]:
    """The fields of a cell, and of which lines they fit their patterns."""
    begins, ends = _span(cell, lines)
    field = _cut_field(block, begins + len(cell.prefix), ends - len(cell.suffix))
    if cell.pattern:
        return _read_several(field, cell.pattern, len(cell.pieces))
    pattern = layout.pieces[cell.pieces[0]].pattern
    if pattern == BARE["ident"]:  # what stands before another " - " is none; servers write - in all other lines
        return [field], np.asarray(pc.equal(field.values, b"-"))[field.codes]
    if (cell.quoted and pattern == QUOTED) or _has_only_allowed_bytes(field.values, pattern):
        return [field], np.ones(len(field.codes), np.bool_)
    if NUMERIC.fullmatch(pattern):
        good = matches(field.values, rf"\A(?:{pattern.decode()})\z")
    else:
        compiled = re.compile(pattern, re.DOTALL)
        good = np.array([compiled.fullmatch(value) is not None for value in field.values.to_pylist()], np.bool_)
    return [field], good[field.codes] if len(good) else good


def _cut_field(block: pa.Buffer, begins: Positions, ends: Positions) -> Field:
    """The values between places; in many logs some fields are always the one byte `-`."""
    if len(begins) and (ends - begins == 1).all():
        found = np.frombuffer(block, np.uint8)[begins]
        if (found == found[0]).all():
            return Field(np.zeros(len(begins), np.int32), pa.array([found[:1].tobytes()], pa.binary()))
    return field_of(cut(block, begins, ends))


def _read_several(field: Field, pattern: re.Pattern[bytes], count: int) -> tuple[list[Field], Mask]:
    found = [pattern.fullmatch(value) for value in field.values.to_pylist()]
    good = np.array([match is not None for match in found], np.bool_)
    parts = [
        pa.array([match[number] if match else b"" for match in found], pa.binary()) for number in range(1, count + 1)
    ]
    return [Field(field.codes, part) for part in parts], good[field.codes] if len(good) else good


def _has_only_allowed_bytes(values: pa.BinaryArray, pattern: bytes) -> bool:
    """Whether a pattern that only says which bytes a value may have holds for all values."""
    allowed = _allowed_bytes(pattern)
    if allowed is None:
        return False
    content, edges = bytes_of(values)
    return bool(allowed[content].all() and (pattern.endswith(b"*") or (np.diff(edges) > 0).all()))


@cache
def _allowed_bytes(pattern: bytes) -> Mask | None:
    if not CLASS.fullmatch(pattern):
        return None
    compiled = re.compile(pattern)
    allowed: Mask = np.array([compiled.fullmatch(bytes([byte])) is not None for byte in range(256)], np.bool_)
    return allowed
