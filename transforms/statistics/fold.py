"""Disclosure control: a value behind which stand fewer than `smallest_group` visitors becomes `(other)`.

Done before a table is summed, so that the figures of `(other)` are as exact as all others.
"""

from typing import Final

import numpy as np
import pyarrow as pa

FOLDED: Final = -1  # the code of "(other)"


def fold_small_groups(rows: pa.Table, column: str, smallest_group: int, only: np.ndarray | None = None) -> pa.Table:
    """`rows` (codes, among them `visitor`) with the small groups' codes in `column` replaced.

    `only` limits what is looked at and folded to some rows.
    """
    if smallest_group <= 1 or not len(rows):
        return rows
    codes, visitors = rows[column].to_numpy(), rows["visitor"].to_numpy()
    if only is None:
        folded = np.where((_visitors_behind(codes, visitors) < smallest_group)[codes], FOLDED, codes)
    else:
        small = _visitors_behind(codes[only], visitors[only], int(codes.max()) + 1) < smallest_group
        folded = np.where(only & small[codes], FOLDED, codes)
    return rows.set_column(rows.schema.get_field_index(column), column, pa.array(folded))


def _visitors_behind(codes: np.ndarray, visitors: np.ndarray, size: int = 0) -> np.ndarray:
    """For each code how many visitors have it."""
    if not len(codes) or codes.min() == codes.max():  # such as the one host of most logs
        groups = np.zeros(max(size, int(codes.max(initial=0)) + 1), np.int64)
        groups[codes[:1]] = np.count_nonzero(np.bincount(visitors))
        return groups
    people = int(visitors.max()) + 1
    pairs = pa.array(codes * people + visitors).unique().to_numpy()
    return np.bincount(pairs // people, minlength=size)
