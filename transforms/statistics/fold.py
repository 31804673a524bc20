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
    people = int(visitors.max()) + 1
    counted = np.ones(len(codes), bool) if only is None else only
    pairs = pa.array(codes[counted] * people + visitors[counted]).unique().to_numpy()
    groups = np.bincount(pairs // people, minlength=int(codes.max()) + 1)
    folded = np.where(counted & (groups[codes] < smallest_group), FOLDED, codes)
    return rows.set_column(rows.schema.get_field_index(column), column, pa.array(folded))
