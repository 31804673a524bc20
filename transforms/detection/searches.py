"""Targets that are typed: a field that searches meanwhile asks for one at each key, and all of them are one search."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from schemas.scenario import Bucket
from transforms.detection.buckets import MICROSECOND, Ints, Mask

MOST: Final = 100  # requests of a burst; nobody types so much that looks like an attack
FIELDS: Final = 12  # of a query; what is behind them counts as one, since a visitor may send thousands


def count_searches(targets: Iterable[str]) -> int:
    """How many there are of distinct targets, where one counts only if none of them is the same with one field of its
    query typed on. More targets never make fewer searches.
    """
    parts = [(path, *query.split("&", FIELDS - 1)) for path, _, query in (target.partition("?") for target in targets)]
    return min(_count_by_field(parts, field) for field in range(1, max(map(len, parts))))


def _count_by_field(targets: Sequence[tuple[str, ...]], field: int) -> int:
    rest = [(target[:field], target[field + 1 :], target[field] if field < len(target) else "") for target in targets]
    begun = (one[:2] == other[:2] and other[2].startswith(one[2]) for one, other in pairwise(sorted(rest)))
    return len(targets) - sum(begun)


def without_typed(is_over: Mask, bursts: Ints, instants: Ints, targets: Sequence[str | None], bucket: Bucket) -> Mask:
    """Of events by burst and instant, whether a bucket overflows too where searches are counted, not targets."""
    begins, ends = (np.searchsorted(bursts, bursts, side) for side in ("left", "right"))
    found, settled, counted, most = is_over.copy(), -1, -1, 0
    for place in np.flatnonzero(is_over).tolist():
        begin = begins[place]
        if begin == settled:
            continue
        if begin != counted:  # no part of the burst makes more searches than all of it
            whole = targets[begin : min(ends[place], begin + MOST)]
            counted, most = begin, count_searches({target or "" for target in whole})
        own = slice(begin, place + 1)
        found[place] = place - begin >= MOST or _overflows(instants[own].tolist(), targets[own], bucket, most)
        settled = begin if found[place] else settled
    return found


def _overflows(instants: Sequence[int], targets: Sequence[str | None], bucket: Bucket, most: int) -> bool:
    """Whether some stretch up to the last event makes more searches, of `most` at most, than have leaked and the
    bucket holds.
    """
    if most <= bucket.capacity:
        return False
    latest: dict[str, int] = {}
    for target, instant in zip(targets, instants, strict=True):
        latest.pop(target or "", None)
        latest[target or ""] = instant
    newest = [*latest][::-1]
    leak = bucket.leak // MICROSECOND
    for size in range(len(newest), bucket.capacity, -1):
        lasted = instants[-1] - latest[newest[size - 1]]
        if (most - bucket.capacity) * leak > lasted:
            most = count_searches(newest[:size])
            if (most - bucket.capacity) * leak > lasted:
                return True
    return False
