"""Leaky buckets, by their closed form instead of event by event."""

from array import array
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MICROSECOND: Final = timedelta(microseconds=1)
BLOCK: Final = 65_536


def bucket_levels(instants: Ints, buckets: Ints, leak: int) -> Ints:
    """The level after each event, times `leak`; events sorted by bucket and instant, times in microseconds.

    The closed form: 1 + S_i - min(S_j, j <= i) with S_i = i - t_i / leak, here in whole numbers, so that a level is
    exact. The buckets are laid end to end on one axis, each after the one before has surely run dry.
    """
    gaps = np.diff(instants, prepend=instants[:1])
    starts = np.flatnonzero(np.diff(buckets, prepend=-1))
    gaps[starts[1:]] = np.diff(starts) * leak
    leaked = np.cumsum(gaps, out=gaps)
    levels = np.arange(len(instants)) * leak
    levels -= leaked
    levels -= np.minimum.accumulate(levels, out=leaked)
    levels += leak
    return levels


def distinct_levels(instants: Ints, buckets: Ints, values: Ints, leak: int, capacity: int) -> Ints:
    """As `bucket_levels`, where a value counts once in any stretch of time.

    The level after an event is the most that a stretch makes which ends there: its distinct values, less what has
    leaked since it began. One more event lowers no level, so what is read late clears nobody. What cannot overflow
    has some level that does not.
    """
    levels = bucket_levels(instants, buckets, leak)  # the most there can be: as if no value came again
    if not len(levels):
        return levels
    is_start = levels == leak
    starts, before = np.flatnonzero(is_start), _places_before(np.cumsum(is_start), values)
    ends = np.append(starts[1:], len(levels))
    news = np.add.reduceat((before < 0).astype(np.int64), starts)
    is_over = np.maximum.reduceat(levels, starts) > capacity * leak
    for number in np.flatnonzero(is_over & (news < ends - starts)):
        own = slice(starts[number], ends[number])
        found = _levels(instants[own], before[own] - starts[number], leak)
        levels[own] = np.fromiter(found, np.int64) if news[number] > capacity else leak
    return levels


def _places_before(bursts: Ints, values: Ints) -> Ints:
    """For each event where its value was last in the burst, or -1."""
    order = np.lexsort((values, bursts))  # a stable sort
    is_again = (np.diff(bursts[order], prepend=-1) == 0) & (np.diff(values[order], prepend=-1) == 0)
    places = np.empty(len(order), np.int64)
    places[order] = np.where(is_again, np.roll(order, 1), -1)
    return places


def _levels(instants: Ints, before: Ints, leak: int) -> Iterator[int]:
    """Of one bucket, event by event; `before` is where its value was last, negative if nowhere.

    Kept are the starts of stretches that make more than any later one, each with how much more than the next. That
    never grows, for a value that comes again counts in both; so what has been passed is passed for good. Of a start
    that is not kept, `kept` has an earlier place; 0 stands before the first event.
    """
    kept, more = array("q", range(len(instants) + 1)), array("q", bytes(8 * (len(instants) + 1)))
    level, time = 0, int(instants[0])
    for place, (now, last) in enumerate(zip(_in_blocks(instants), _in_blocks(before), strict=True), 1):
        more[place - 1] -= now - time
        level -= now - time
        time = now
        more[place] = leak
        level += leak
        having = _newest(kept, max(last + 1, 0))  # whose stretch has the value already
        if having:
            more[having] -= leak
            level -= leak
        for start in (place - 1, having):
            level += _drop_passed(kept, more, start)
        yield level


def _newest(kept: "array[int]", place: int) -> int:
    """The newest start that is kept, up to a place; what lies between is passed over at once the next time."""
    while kept[place] != place:
        kept[place] = place = kept[kept[place]]
    return place


def _in_blocks(numbers: Ints) -> Iterator[int]:
    """One by one; a list of all that a flood has would be a few hundred megabytes."""
    for begin in range(0, len(numbers), BLOCK):
        yield from numbers[begin : begin + BLOCK].tolist()


def _drop_passed(kept: "array[int]", more: "array[int]", place: int) -> int:
    """Those up to this start that make no more than the next; returns how much more the first then makes."""
    while place and kept[place] == place and more[place] <= 0:
        kept[place] = earlier = _newest(kept, place - 1)
        if not earlier:
            return -more[place]
        more[earlier] += more[place]
        place = earlier
    return 0
