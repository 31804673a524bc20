"""The fields of a layout's lines: a code a line, and the distinct values as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Field:
    """One field of several lines: for each the position of its value in `values`, some of which may be alike.

    Values are bytes, null where a pattern's group took no part; of two fields together a list of pairs.
    """

    codes: Codes
    values: Any  # a pa.BinaryArray, or list[tuple[bytes | None, bytes | None]]

    def ordered(self, order: Positions) -> "Field":
        return Field(self.codes[order], self.values)

    def only(self, lines: Mask) -> "Field":
        """Some of the lines, and the values that occur in these: others need not mean anything."""
        codes = self.codes[lines]
        occurs = np.zeros(len(self.values), np.bool_)
        occurs[codes] = True
        return Field((np.cumsum(occurs, dtype=np.int32) - 1)[codes], self.values.filter(pa.array(occurs)))


def field_of(array: pa.BinaryArray) -> Field:
    """A value a line → a field."""
    encoded = array.dictionary_encode(null_encoding="encode")
    return Field(encoded.indices.to_numpy(), encoded.dictionary)


def field_of_list(values: Sequence[bytes | None]) -> Field:
    return field_of(pa.array(values, pa.binary()))


def pair_fields(left: Field, right: Field | None) -> Field:
    """Two fields of the same lines → one, whose values are the distinct pairs."""
    if right is None:
        return Field(left.codes, [(value, None) for value in left.values.to_pylist()])
    width = len(right.values)
    pairs = pa.array(left.codes.astype(np.int64) * width + right.codes).dictionary_encode()
    lefts, rights = left.values.to_pylist(), right.values.to_pylist()
    found = [(lefts[pair // width], rights[pair % width]) for pair in pairs.dictionary.to_pylist()]
    return Field(pairs.indices.to_numpy(), found)


def join_fields(parts: Sequence[Field]) -> Field:
    """The lines of one field, of each part after the other."""
    parts = [part for part in parts if len(part.codes)] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(len(part.values) for part in parts[:-1])])
    codes = np.concatenate([part.codes + offset for part, offset in zip(parts, offsets, strict=True)])
    return Field(codes.astype(np.int32), pa.concat_arrays([part.values for part in parts]))


def cut(block: pa.Buffer, begins: Positions, ends: Positions) -> pa.BinaryArray:
    """The values between places of a block, in order of the lines."""
    edges = np.empty(2 * len(begins) + 1, np.int32)
    edges[0:-1:2], edges[1::2] = begins, ends
    edges[-1] = ends[-1] if len(ends) else 0
    spans = pa.Array.from_buffers(pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), block])
    return spans.take(pa.array(np.arange(0, len(edges) - 1, 2, dtype=np.int32)))


def matches(values: pa.BinaryArray, pattern: str) -> Mask:
    """In which values a pattern of RE2 occurs."""
    return np.asarray(pc.match_substring_regex(values, pattern=pattern))


def bytes_of(values: pa.BinaryArray) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes of an array without nulls, all together, and where each value begins and the last ends."""
    _, edges, content = values.buffers()
    if not len(values):
        return np.zeros(0, np.uint8), np.zeros(1, np.int32)
    places = np.frombuffer(edges, np.int32)[values.offset : values.offset + len(values) + 1]
    whole = np.frombuffer(content, np.uint8) if content else np.zeros(0, np.uint8)
    return whole[places[0] : places[-1]], places - places[0]
