"""Disclosure control: a value behind which stand fewer than `smallest_group` visitors becomes `(other)`.

Done before a table is summed, so that the figures of `(other)` are as exact as all others.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

FOLDED: Final = -1  # the code of "(other)"


def fold_small_groups(
    rows: pa.Table, columns: Sequence[str], smallest_group: int, only: np.ndarray | None = None
) -> pa.Table:
    """`rows` (codes, among them `visitor`) with the small groups' codes in `columns` replaced; each column by itself.

    `only` limits what is looked at and folded to some rows.
    """
    visitors = rows["visitor"].to_numpy()
    people = int(visitors.max(initial=0)) + 1
    for name in columns if smallest_group > 1 and len(rows) else ():
        codes = rows[name].to_numpy()
        counted = np.ones(len(codes), bool) if only is None else only
        pairs = pa.array(codes[counted] * people + visitors[counted]).unique().to_numpy()
        groups = np.bincount(pairs // people, minlength=int(codes.max()) + 1)
        folded = np.where(counted & (groups[codes] < smallest_group), FOLDED, codes)
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(folded))
    return rows
