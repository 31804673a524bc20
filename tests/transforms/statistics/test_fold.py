"""A value behind which stand too few visitors is published as `(other)`."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from transforms.statistics.fold import FOLDED, fold_small_groups

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8)), max_size=60)


def table(rows: list[tuple[int, int]]) -> pa.Table:
    return pa.table({"path": [path for path, _ in rows], "visitor": [visitor for _, visitor in rows]})


def test_visits_of_one_person_do_not_make_a_group() -> None:
    rows = table([(0, 1), (0, 1), (0, 1), (1, 1), (1, 2)])
    assert fold_small_groups(rows, "path", 2)["path"].to_pylist() == [FOLDED, FOLDED, FOLDED, 1, 1]


@given(ROWS, st.integers(1, 6))
def test_no_value_that_stays_has_fewer_visitors_than_the_smallest_group(
    rows: list[tuple[int, int]], smallest: int
) -> None:
    folded = fold_small_groups(table(rows), "path", smallest)["path"].to_pylist()
    for path in set(folded) - {FOLDED}:
        assert len({visitor for value, visitor in rows if value == path}) >= smallest
    for (path, _), new in zip(rows, folded, strict=True):
        assert new in (path, FOLDED)
        big = len({visitor for value, visitor in rows if value == path}) >= smallest
        assert (new == path) == big


def test_rows_that_are_nobodys_secret_are_left_alone() -> None:
    rows = table([(0, 1), (1, 1), (0, 2)])
    only = np.array([False, True, False])
    assert fold_small_groups(rows, "path", 5, only)["path"].to_pylist() == [0, FOLDED, 0]
