"""Targets that are typed: a field that searches meanwhile asks for one at each key, and all of them are one search."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from schemas.scenario import Bucket
from transforms.detection.buckets import MICROSECOND, Ints, Mask

MOST: Final = 100  # requests of a burst; nobody types so much that looks like an attack
FIELDS: Final = 50  # of a target; what is behind them counts as one, since a visitor may send thousands


def count_searches(targets: Iterable[str]) -> int:
    """How many there are of distinct targets, where one counts only if none of them is the same with its last, or any
    one, field typed on. More targets never make fewer searches.
    """
    parts = [tuple(target.split("&", FIELDS - 1)) for target in targets]
    return min((_count_by_field(parts, field) for field in range(max(map(len, parts)))), default=0)


def _count_by_field(targets: Sequence[tuple[str, ...]], field: int) -> int:
    rest = [(target[:field], target[field + 1 :], target[field] if field < len(target) else "") for target in targets]
    begun = (one[:2] == other[:2] and other[2].startswith(one[2]) for one, other in pairwise(sorted(rest)))
    return len(targets) - sum(begun)


def without_typed(is_over: Mask, bursts: Ints, instants: Ints, targets: Sequence[str | None], bucket: Bucket) -> Mask:
    """Of events by burst and instant, whether a bucket overflows too where searches are counted, not targets."""
    begins = np.searchsorted(bursts, bursts)
    found, settled = is_over.copy(), -1
    for place in np.flatnonzero(is_over).tolist():
        begin = begins[place]
        if begin == settled:
            continue
        own = slice(begin, place + 1)
        found[place] = place - begin >= MOST or _overflows(instants[own].tolist(), targets[own], bucket)
        settled = begin if found[place] else settled
    return found


def _overflows(instants: Sequence[int], targets: Sequence[str | None], bucket: Bucket) -> bool:
    """Whether some stretch up to the last event makes more searches than have leaked and the bucket holds."""
    latest: dict[str, int] = {}
    for target, instant in zip(targets, instants, strict=True):
        latest.pop(target or "", None)
        latest[target or ""] = instant
    newest = [*latest][::-1]
    leak = bucket.leak // MICROSECOND
    for size in range(len(newest), bucket.capacity, -1):
        searches = count_searches(newest[:size])
        if searches <= bucket.capacity:
            return False
        if (searches - bucket.capacity) * leak > instants[-1] - latest[newest[size - 1]]:
            return True
    return False
