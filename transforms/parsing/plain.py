"""Conversions of many distinct values at once, for values that are plainly what they should be.

Each function takes values (binary, no nulls) and gives the columns of its meaning and a mask of the values that it left
alone: those are converted one by one (`transforms.parsing.meanings`). Both ways give the same.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.parsing.fields import Mask, bytes_of, cut
from transforms.parsing.times import EARLIEST, LATEST, MICROSECONDS, clf_time
from transforms.parsing.values import UnreadableError

Columns = tuple[pa.Array, ...]
Plain = Callable[[pa.BinaryArray], tuple[Columns, Mask]]

NOTHING: Final = pa.array([b"-", b"", b'""'], pa.binary())  # as servers write it
OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4: Final = rf"\A(?:{OCTET}\.){{3}}{OCTET}\z"
METHOD: Final = r"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\z"
PROTOCOL: Final = r"\AHTTP/[0-9](?:\.[0-9])?\z"
DIGITS: Final = r"\A[0-9]{1,15}\z"
DECIMAL: Final = r"\A[0-9]{1,12}(?:\.[0-9]{1,9})?\z"
CLF_WIDTH: Final = 26
CLF_FIXED: Final = {2: "/", 6: "/", 11: ":", 14: ":", 17: ":", 20: " "}
CLF_CLOCK: Final = [12, 13, 15, 16, 18, 19]
CLF_DAY: Final = [*range(11), *range(21, 26)]  # and the zone


def plain_text(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """ASCII, whose bytes are its characters."""
    hard = _not_ascii(values)
    missing = pc.is_in(values, NOTHING)
    return (_strings(values, hard | np.asarray(missing)),), hard


def plain_number(values: pa.BinaryArray, kind: pa.DataType) -> tuple[Columns, Mask]:
    hard = ~_matches(values, DIGITS)
    return (_strings(values, hard).cast(kind),), hard


def plain_seconds(values: pa.BinaryArray, unit: float) -> tuple[Columns, Mask]:
    hard = ~_matches(values, DECIMAL)
    return (pc.multiply(_strings(values, hard).cast(pa.float64()), unit),), hard


def plain_client(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """IPv4 in four decimal parts; it has one spelling."""
    hard = ~_matches(values, IPV4)
    return (_strings(values, hard), pa.nulls(len(values), pa.string()), pa.nulls(len(values), pa.int64())), hard


def plain_peer(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    columns, hard = plain_client(values)
    return columns[:1], hard


def plain_clf_time(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """`10/Oct/2000:13:55:36 -0700`: the clock by arithmetic, each distinct day and zone once."""
    content, edges = bytes_of(values)
    wide = np.flatnonzero(np.diff(edges) == CLF_WIDTH)
    text = content[edges[wide, None] + np.arange(CLF_WIDTH)]
    good = np.logical_and.reduce([text[:, at] == ord(byte) for at, byte in CLF_FIXED.items()])
    clock = text[:, CLF_CLOCK].astype(np.int64) - ord("0")
    good &= ((clock >= 0) & (clock <= 9)).all(axis=1)
    hour, minute, second = (clock[:, at] * 10 + clock[:, at + 1] for at in (0, 2, 4))
    good &= (hour <= 23) & (minute <= 59) & (second <= 60)
    days, codes = np.unique(
        np.ascontiguousarray(text[:, CLF_DAY]).view(f"V{len(CLF_DAY)}").ravel(), return_inverse=True
    )
    begins = np.array([_day_begins(day.tobytes()) for day in days], np.int64)
    found = begins[codes] + ((hour * 60 + minute) * 60 + second) * MICROSECONDS if len(days) else begins
    good &= (begins[codes] >= EARLIEST) & (found < LATEST) if len(days) else good
    instants, hard = np.zeros(len(values), np.int64), np.ones(len(values), np.bool_)
    instants[wide], hard[wide] = found, ~good
    return (pa.array(instants),), hard


def _day_begins(day_and_zone: bytes) -> int:
    """Microseconds since 1970 at midnight; before all time where that is none."""
    try:
        return clf_time(day_and_zone[:11] + b":00:00:00 " + day_and_zone[11:])
    except UnreadableError:
        return EARLIEST - 1


def plain_request(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """`GET /path?query HTTP/1.1` with two blanks, in ASCII → request line, method, path, query, protocol."""
    content, edges = bytes_of(values)
    begins, ends = edges[:-1].astype(np.int64), edges[1:].astype(np.int64)
    blanks = np.flatnonzero(content == ord(" "))
    first = np.searchsorted(blanks, begins)
    easy = np.searchsorted(blanks, ends) - first == 2
    easy &= ~_not_ascii(values)
    left = np.where(easy, blanks[np.minimum(first, len(blanks) - 1)] if len(blanks) else 0, begins)
    right = np.where(easy, blanks[np.minimum(first + 1, len(blanks) - 1)] if len(blanks) else 0, ends)
    after = np.minimum(left + 1, right)
    easy &= right > after
    easy &= content[np.minimum(after, max(0, len(content) - 1))] > ord(" ") if len(content) else easy
    buffer = pa.py_buffer(content)
    method, protocol = cut(buffer, begins, left), cut(buffer, np.minimum(right + 1, ends), ends)
    easy &= _matches_few(method, METHOD) & _matches_few(protocol, PROTOCOL)
    marks = np.flatnonzero(content == ord("?"))
    mark = np.searchsorted(marks, after)
    place = np.append(marks, len(content))[mark]
    has_query = easy & (place < right)
    place = np.where(has_query, place, right)
    hard = ~easy
    query = cut(buffer, np.minimum(place + 1, right), right)
    columns = (
        _strings(values, hard),
        _strings(method, hard),
        _strings(cut(buffer, after, place), hard),
        _strings(query, hard | ~has_query),
        _strings(protocol, hard),
    )
    return columns, hard


PLAIN: Final[dict[str, Plain]] = {
    **dict.fromkeys(("user", "method", "path", "protocol", "referrer", "user_agent", "request_id"), plain_text),
    "client": plain_client,
    "peer": plain_peer,
    "request": plain_request,
    "time": plain_clf_time,
    "bytes": partial(plain_number, kind=pa.int64()),
    "body_bytes": partial(plain_number, kind=pa.int64()),
    "seconds": partial(plain_seconds, unit=1.0),
    "milliseconds": partial(plain_seconds, unit=1e-3),
    "microseconds": partial(plain_seconds, unit=1e-6),
}


def holding(values: pa.BinaryArray, byte: int) -> Mask:
    """Which values hold a byte."""
    content, edges = bytes_of(values)
    return _owners(np.flatnonzero(content == byte), edges)


def _not_ascii(values: pa.BinaryArray) -> Mask:
    content, edges = bytes_of(values)
    return _owners(np.flatnonzero(content >= 128), edges)


def _owners(places: NDArray[np.int64], edges: NDArray[np.int32]) -> Mask:
    owners = np.zeros(len(edges) - 1, np.bool_)
    owners[np.searchsorted(edges, places, side="right") - 1] = True
    return owners


def _matches(values: pa.BinaryArray, pattern: str) -> Mask:
    return np.asarray(pc.match_substring_regex(values, pattern=pattern))


def _matches_few(values: pa.BinaryArray, pattern: str) -> Mask:
    """The same for values of which there are few different ones."""
    encoded = values.dictionary_encode()
    matches: Mask = _matches(encoded.dictionary, pattern)[encoded.indices.to_numpy()]
    return matches


def _strings(values: pa.BinaryArray, hard: Mask) -> pa.StringArray:
    """The values as text, null for hard ones."""
    easy = pc.if_else(pa.array(hard), pa.scalar(None, pa.binary()), values) if hard.any() else values
    return easy.cast(pa.string())
