"""Times of many lines at once: each distinct minute, day and zone is read once, the rest is arithmetic."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.parsing.fields import Mask, Positions, bytes_of, matches
from transforms.parsing.times import EARLIEST, LATEST, MICROSECONDS, UNITS, clf_time
from transforms.parsing.values import UnreadableError

Instants = NDArray[np.int64]  # microseconds since 1970
ReadTime = Callable[[bytes], Any]

NOT_ONE: Final = EARLIEST - 1
CLF_WIDTH: Final = 26
CLF_FIXED: Final = {2: "/", 6: "/", 11: ":", 14: ":", 17: ":", 20: " "}
CLF_CLOCK: Final = [12, 13, 15, 16, 18, 19]
CLF_DAY: Final = [*range(11), *range(21, 26)]  # and the zone
# Up to the second, as strptime knows it, these are written like ISO 8601.
ISO_LIKE: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "iso")
ISO: Final = (
    r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T\t ][0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\z"
)
ISO_MINUTE: Final = 17  # bytes before the seconds
ISO_SECOND: Final = 19  # before the fraction
SINCE_1970: Final = r"\A(?:[0-8][0-9]{9}|[0-9]{1,9})(?:\.[0-9]{1,9})?\z"  # as nanoseconds they fit into 64 bits
WHOLE: Final = {1_000: 15, 1_000_000: 17, 1_000_000_000: 18}  # units a second → digits that they may have


def plain_clf_time(values: pa.BinaryArray) -> tuple[tuple[pa.Array, ...], Mask]:
    """`10/Oct/2000:13:55:36 -0700`."""
    instants, hard = np.zeros(len(values), np.int64), np.ones(len(values), np.bool_)
    content, edges = bytes_of(values)
    wide = np.flatnonzero(np.diff(edges) == CLF_WIDTH)
    if len(wide):
        text = content[edges[wide, None] + np.arange(CLF_WIDTH)]
        good = np.logical_and.reduce([text[:, at] == ord(byte) for at, byte in CLF_FIXED.items()])
        clock = text[:, CLF_CLOCK].astype(np.int64) - ord("0")
        good &= ((clock >= 0) & (clock <= 9)).all(axis=1)
        hour, minute, second = (clock[:, at] * 10 + clock[:, at + 1] for at in (0, 2, 4))
        good &= (hour <= 23) & (minute <= 59) & (second <= 60)
        days, codes = _distinct_rows(text[:, CLF_DAY])
        begins = np.array([_clf_midnight(day) for day in days], np.int64)[codes]
        found = begins + ((hour * 60 + minute) * 60 + second) * MICROSECONDS
        instants[wide], hard[wide] = found, ~(good & (begins >= EARLIEST) & (found < LATEST))
    return (pa.array(instants),), hard


def plain_iso_time(values: pa.BinaryArray, read: ReadTime) -> tuple[tuple[pa.Array, ...], Mask]:
    """`2026-11-28 05:01:02`, with `T` or a tab too, a fraction and a zone behind it; `read` reads one of them."""
    instants, hard = np.zeros(len(values), np.int64), np.ones(len(values), np.bool_)
    content, edges = bytes_of(values)
    likely = matches(values, ISO)
    for chosen, fraction in _alike(content, edges, likely):
        width = int(edges[chosen[0] + 1] - edges[chosen[0]])
        text = content[edges[chosen, None] + np.arange(width)]
        digits = text[:, ISO_MINUTE : ISO_SECOND + fraction].astype(np.int64) - ord("0")
        micro = digits[:, 0] * 10 + digits[:, 1]
        for place in range(3, 9):  # digits 0 and 1, the point, then six that count
            micro = micro * 10 + (digits[:, place] if place < digits.shape[1] else 0)
        text[:, [ISO_MINUTE, ISO_MINUTE + 1, *range(ISO_SECOND + 1, ISO_SECOND + fraction)]] = ord("0")
        minutes, codes = _distinct_rows(text)
        begins = np.array([_read(read, minute) for minute in minutes], np.int64)[codes]
        instants[chosen], hard[chosen] = begins + micro, (begins < EARLIEST) | (begins + micro >= LATEST)
    return (pa.array(instants),), hard


def plain_epoch(values: pa.BinaryArray, per_second: int) -> tuple[tuple[pa.Array, ...], Mask]:
    """A number of units since 1970, `per_second` of them; with a fraction only where they are seconds."""
    pattern = SINCE_1970 if per_second == 1 else rf"\A[0-9]{{1,{WHOLE[per_second]}}}\z"
    easy = matches(values, pattern)
    numbers = pc.if_else(pa.array(easy), values, pa.scalar(b"0")).cast(pa.string())
    if per_second > 1:
        instants = _micros(numbers.cast(pa.int64()).to_numpy(), per_second)
        return (pa.array(instants),), ~easy | (instants >= LATEST)
    nanos = numbers.cast(pa.decimal128(19, 9)).buffers()[1]
    instants = np.frombuffer(nanos, np.int64)[: 2 * len(values) : 2] // 1000
    return (pa.array(instants),), ~easy


def plain_any_time(values: pa.BinaryArray, read: ReadTime) -> tuple[tuple[pa.Array, ...], Mask]:
    """As JSON has it; the values of a field are mostly of one kind, which is that of the first."""
    first = values[0].as_py() if len(values) else b""
    if first.isdigit() or first.replace(b".", b"", 1).isdigit():
        digits = len(first.partition(b".")[0])
        unit = next((unit for most, unit in UNITS.items() if digits <= most), None)
        if unit and (_whole_lengths(values) == digits).all():
            return plain_epoch(values, unit)
    if b"/" in first:
        return plain_clf_time(values)
    return plain_iso_time(values, read)


def _micros(numbers: Instants, per_second: int) -> Instants:
    return (
        numbers * (MICROSECONDS // per_second)
        if per_second <= MICROSECONDS
        else numbers // (per_second // MICROSECONDS)
    )


def _whole_lengths(values: pa.BinaryArray) -> NDArray[np.int32]:
    """The digits before the point of each value."""
    whole = pc.find_substring(values, b".")
    lengths = pc.if_else(pc.equal(whole, -1), pc.binary_length(values), whole)
    return np.asarray(lengths)


def _alike(content: NDArray[np.uint8], edges: NDArray[np.int32], likely: Mask) -> Iterator[tuple[Positions, int]]:
    """Values of one width and zone's width, and how many bytes their fraction has, with its point."""
    places = np.flatnonzero(likely)
    ends = edges[places + 1]
    signed = [np.isin(content[ends - width], (ord("+"), ord("-"))) for width in (6, 5)]
    zones = np.select([content[ends - 1] == ord("Z"), *signed], [1, 6, 5], 0)
    fractions = ends - edges[places] - ISO_SECOND - zones
    kinds = fractions * 8 + zones
    for kind in np.unique(kinds):
        yield places[kinds == kind], int(kind) // 8


def _distinct_rows(text: NDArray[np.uint8]) -> tuple[list[bytes], Positions]:
    rows = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(text.shape[1]), len(text), [None, pa.py_buffer(np.ascontiguousarray(text))]
    ).dictionary_encode()
    return rows.dictionary.to_pylist(), rows.indices.to_numpy()


def _clf_midnight(day_and_zone: bytes) -> int:
    """Microseconds since 1970; before all time where there is no such day."""
    return _read(lambda raw: (clf_time(raw),), day_and_zone[:11] + b":00:00:00 " + day_and_zone[11:])


def _read(read: ReadTime, raw: bytes) -> int:
    try:
        instant: int = read(raw)[0]
    except UnreadableError:
        return NOT_ONE
    return instant
