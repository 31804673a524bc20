"""Leaky buckets, by their closed form instead of event by event."""

from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MICROSECOND: Final = timedelta(microseconds=1)
KEYS: Final = 12  # what one or two keys add to a target: a letter of another script is nine characters


def bucket_levels(instants: Ints, buckets: Ints, leak: int) -> Ints:
    """The level after each event, times `leak`; events sorted by bucket and instant, times in microseconds.

    The closed form: 1 + S_i - min(S_j, j <= i) with S_i = i - t_i / leak, here in whole numbers, so that a level is
    exact. The buckets are laid end to end on one axis, each after the one before has surely run dry.
    """
    gaps = np.diff(instants, prepend=instants[:1])
    starts = np.flatnonzero(np.diff(buckets, prepend=-1))
    gaps[starts[1:]] = np.diff(starts) * leak
    surplus = leak * np.arange(len(instants)) - np.cumsum(gaps)
    levels: Ints = leak + surplus - np.minimum.accumulate(surplus)
    return levels


def first_of_values(instants: Ints, buckets: Ints, values: Ints, full: int) -> Mask:
    """Of events sorted by bucket and instant: whether the value is new, or was not there for `full` microseconds.

    That is how long a full bucket takes to run dry, so nothing counts twice in it, and a further day none the less.
    """
    order = np.lexsort((values, buckets))  # a stable sort
    is_again = (np.diff(buckets[order], prepend=-1) == 0) & (np.diff(values[order], prepend=-1) == 0)
    is_again &= np.diff(instants[order], prepend=0) < full
    is_first = np.empty(len(order), np.bool_)
    is_first[order] = ~is_again
    return is_first


def typed_on(values: list[str | None], buckets: Ints) -> Mask:
    """Of events sorted by bucket and instant: whether the value is that of the event before with a few letters more or
    fewer, in one place. A field that searches while somebody types sends such, a target for each key that is pressed.
    """
    found = np.zeros(len(values), np.bool_)
    for place in np.flatnonzero(np.diff(buckets, prepend=-1) == 0).tolist():
        found[place] = _is_typed_on(values[place - 1] or "", values[place] or "")
    return found


def _is_typed_on(before: str, after: str) -> bool:
    shorter, longer = sorted((before, after), key=len)
    if not 0 < len(longer) - len(shorter) <= KEYS:
        return False
    begin = next((place for place, letter in enumerate(shorter) if letter != longer[place]), len(shorter))
    return longer.endswith(shorter[begin:])
