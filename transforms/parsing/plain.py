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

from transforms.parsing.fields import Mask, Positions, bytes_of, cut, matches
from transforms.parsing.meanings import Convert
from transforms.parsing.plain_times import ISO_LIKE, plain_any_time, plain_clf_time, plain_epoch, plain_iso_time

Columns = tuple[pa.Array, ...]
Plain = Callable[[pa.BinaryArray], tuple[Columns, Mask]]

NOTHING: Final = pa.array([b"-", b"", b'""'], pa.binary())  # as servers write it
OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
CLIENT: Final = rf"\A(?:{OCTET}\.){{3}}{OCTET}(?::[0-9]{{1,5}})?\z"
METHOD: Final = r"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\z"
PROTOCOL: Final = r"\AHTTP/[0-9](?:\.[0-9])?\z"
EPOCHS: Final = {"epoch": 1, "epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
DIGITS: Final = r"\A[0-9]{1,15}\z"
DECIMAL: Final = r"\A[0-9]{1,12}(?:\.[0-9]{1,9})?\z"


def plain_text(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """ASCII, whose bytes are its characters."""
    hard = _not_ascii(values)
    missing = pc.is_in(values, NOTHING)
    return (_strings(values, hard | np.asarray(missing)),), hard


def plain_number(values: pa.BinaryArray, kind: pa.DataType) -> tuple[Columns, Mask]:
    """Digits."""
    hard = ~matches(values, DIGITS)
    return (_strings(values, hard).cast(kind),), hard


def plain_port(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """Up to 65535."""
    (numbers,), hard = plain_number(values, pa.int64())
    large = pc.or_(pc.fill_null(pc.greater(numbers, 65535), False), pc.greater(pc.binary_length(values), 5))
    return (numbers,), hard | np.asarray(large)


def plain_seconds(values: pa.BinaryArray, unit: float) -> tuple[Columns, Mask]:
    """A number of units that are so many seconds."""
    hard = ~matches(values, DECIMAL)
    return (pc.multiply(_strings(values, hard).cast(pa.float64()), unit),), hard


def plain_client(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """IPv4 in four decimal parts, which has one spelling, also with a port."""
    hard = ~matches(values, CLIENT)
    content, begins, ends = _spans(values)
    stops = _next(content, ":", begins, ends)
    buffer = pa.py_buffer(content)
    port = _strings(cut(buffer, np.minimum(stops + 1, ends), ends), hard | (stops == ends)).cast(pa.int64())
    hard |= np.asarray(pc.fill_null(pc.greater(port, 65535), False))
    return (_strings(cut(buffer, begins, stops), hard), pa.nulls(len(values), pa.string()), port), hard


def plain_peer(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """As `plain_client`, without the port."""
    columns, hard = plain_client(values)
    return columns[:1], hard


def plain_target(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """ASCII → path and query."""
    (written,), hard = plain_text(values)
    content, begins, ends = _spans(values)
    stops = _next(content, "?", begins, ends)
    missing = np.asarray(pc.is_null(written))
    buffer = pa.py_buffer(content)
    path = _strings(cut(buffer, begins, stops), missing)
    return (path, _strings(cut(buffer, np.minimum(stops + 1, ends), ends), missing | (stops == ends))), hard


def plain_request(values: pa.BinaryArray) -> tuple[Columns, Mask]:
    """`GET /path?query HTTP/1.1` with two blanks, in ASCII → request line, method, path, query, protocol."""
    content, begins, ends = _spans(values)
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
    place = _next(content, "?", after, right)
    hard = ~easy
    query = cut(buffer, np.minimum(place + 1, right), right)
    columns = (
        _strings(values, hard),
        _strings(method, hard),
        _strings(cut(buffer, after, place), hard),
        _strings(query, hard | (place == right)),
        _strings(protocol, hard),
    )
    return columns, hard


PLAIN: Final[dict[str, Plain]] = {
    **dict.fromkeys(("user", "method", "path", "protocol", "referrer", "user_agent", "request_id"), plain_text),
    "client": plain_client,
    "peer": plain_peer,
    "request": plain_request,
    "target": plain_target,
    "time": plain_clf_time,
    **{name: partial(plain_epoch, per_second=unit) for name, unit in EPOCHS.items()},
    "status": partial(plain_number, kind=pa.int64()),
    "port": plain_port,
    "bytes": partial(plain_number, kind=pa.int64()),
    "body_bytes": partial(plain_number, kind=pa.int64()),
    "seconds": partial(plain_seconds, unit=1.0),
    "milliseconds": partial(plain_seconds, unit=1e-3),
    "microseconds": partial(plain_seconds, unit=1e-6),
    "nanoseconds": partial(plain_seconds, unit=1e-9),
}


def plain_way(meaning: str, convert: Convert) -> Plain | None:
    """How to do with all values of a meaning what `convert` does with one; None where no way is known."""
    if meaning in PLAIN:
        return PLAIN[meaning]
    if meaning == "any_time":
        return partial(plain_any_time, read=convert)
    if meaning == "time_utc" or meaning.removeprefix("time ").removesuffix("%z").rstrip() in ISO_LIKE:
        return partial(plain_iso_time, read=convert)
    return None


def _spans(values: pa.BinaryArray) -> tuple[NDArray[np.uint8], Positions, Positions]:
    """The bytes of all values, and where each begins and ends."""
    content, edges = bytes_of(values)
    return content, edges[:-1].astype(np.int64), edges[1:].astype(np.int64)


def _next(content: NDArray[np.uint8], sign: str, begins: Positions, ends: Positions) -> Positions:
    """Where a sign stands first between each begin and its end; the end where it does not."""
    places = np.flatnonzero(content == ord(sign))
    found: Positions = np.append(places, len(content))[np.searchsorted(places, begins)]
    return np.minimum(found, ends)


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


def _matches_few(values: pa.BinaryArray, pattern: str) -> Mask:
    """The same for values of which there are few different ones."""
    encoded = values.dictionary_encode()
    found: Mask = matches(encoded.dictionary, pattern)[encoded.indices.to_numpy()]
    return found


def _strings(values: pa.BinaryArray, hard: Mask) -> pa.StringArray:
    """The values as text, null for hard ones."""
    easy = pc.if_else(pa.array(hard), pa.scalar(None, pa.binary()), values) if hard.any() else values
    return easy.cast(pa.string())
