"""Which values a table shows, so that what is counted from its rows shows no others."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.statistics.fold import FOLDED, codes_of

Mask = NDArray[np.bool_]


def is_shown(rows: pa.Table, keys: Sequence[str], table: pa.Table, table_keys: Sequence[str]) -> Mask:
    """For each of `rows` whether `table` has its keys, such as host and path, under keys of other names perhaps."""
    shown = table.select(table_keys).filter(codes_of(table, table_keys[-1]) != FOLDED)
    return _is_among(rows, keys, shown, table_keys)


def is_hidden(rows: pa.Table, keys: Sequence[str], was: pa.Table, table: pa.Table, table_keys: Sequence[str]) -> Mask:
    """For each of `rows` whether `table`, which has the rows of `was` folded, hides its keys."""
    folded = was.select(table_keys).filter(codes_of(table, table_keys[-1]) == FOLDED)
    return _is_among(rows, keys, folded, table_keys)


def _is_among(rows: pa.Table, keys: Sequence[str], found: pa.Table, found_keys: Sequence[str]) -> Mask:
    left, right = np.zeros(len(rows), np.int64), np.zeros(len(found), np.int64)
    for key, found_key in zip(keys, found_keys, strict=True):
        one, other = codes_of(rows, key), codes_of(found, found_key)
        size = int(max(one.max(initial=0), other.max(initial=0))) + 2
        left, right = left * size + one + 1, right * size + other + 1
    among: Mask = np.isin(left, np.unique(right))
    return among
