"""A value behind which stand too few visitors is published as `(other)`, and no total gives it away."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from schemas.statistics import TABLES, Published
from transforms.distinct import Codes
from transforms.statistics.fold import FOLDED, fold_cells, fold_hosts

PAGES = Published("pages_daily", ("vhost", "path"), ("views",), folded=("vhost", "path"))
MOVES = TABLES["transitions_daily"]
SITE = 0

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 8)), max_size=80)


def words(rows: pa.Table, key: str) -> list[str]:
    return letters(rows[key].to_numpy())


def letters(codes: Codes) -> list[str]:
    return [chr(ord("z") - code) for code in codes.tolist()]


def moves(rows: list[tuple[int, int, int]]) -> pa.Table:
    names = ("from_path", "to_path", "visitor")
    columns = {name: pa.array([row[place] for row in rows], pa.int64()) for place, name in enumerate(names)}
    host = pa.array([SITE] * len(rows), pa.int64())
    return pa.table({"vhost": host, "to_vhost": host, **columns})


def fold_paths(*people: int, smallest: int = 5) -> list[int]:
    """What becomes of paths 0, 1, … that so many visitors opened, each somebody else."""
    rows = [(path, visitor) for path, many in enumerate(people) for visitor in range(100 * path, 100 * path + many)]
    table = pa.table(
        {"vhost": [SITE] * len(rows), "path": [row[0] for row in rows], "visitor": [row[1] for row in rows]}
    )
    folded = fold_cells(table, PAGES, smallest, words)["path"].to_pylist()
    return [dict(zip(table["path"].to_pylist(), folded, strict=True))[path] for path in range(len(people))]


def test_a_value_of_enough_visitors_stays() -> None:
    assert fold_paths(9, 5, 4, 3) == [0, 1, FOLDED, FOLDED]


def test_visits_of_one_person_do_not_make_a_group() -> None:
    rows = pa.table({"vhost": [0] * 5, "path": [0, 0, 0, 1, 1], "visitor": [1, 1, 1, 1, 2]})
    assert set(fold_cells(rows, PAGES, 2, words)["path"].to_pylist()) == {FOLDED}


def test_the_smallest_shown_value_is_hidden_beside_a_group_that_the_total_would_give_away() -> None:
    assert fold_paths(9, 7, 6, 3) == [0, 1, FOLDED, FOLDED]
    assert fold_paths(9, 7, 6, 3, 2) == [0, 1, 2, FOLDED, FOLDED], "two small ones are a group"


def test_of_two_groups_of_one_size_the_first_in_the_alphabet_is_hidden() -> None:
    assert fold_paths(6, 9, 6, 1) == [0, 1, FOLDED, FOLDED], "z and x"


def test_nothing_is_folded_where_groups_may_be_of_one() -> None:
    assert fold_paths(1, 1, smallest=1) == [0, 1]


def test_a_page_is_folded_behind_the_page_from_which_it_was_rarely_opened() -> None:
    crowd = [(start, 2, visitor) for start in (0, 1) for visitor in range(6)]
    few = [(0, 3, 1), (0, 4, 2), *((1, 3, visitor) for visitor in range(5))]
    folded = fold_cells(moves([*crowd, *few]), MOVES, 5, words)
    found = set(zip(folded["from_path"].to_pylist(), folded["to_path"].to_pylist(), strict=True))
    assert found == {(0, FOLDED), (1, 2), (1, FOLDED)}, "0 to 2 would leave 2 people beside it, and 1 to 3 one of 3"


@given(ROWS, st.integers(1, 6))
def test_no_row_and_no_difference_to_a_total_is_of_few(rows: list[tuple[int, int, int]], smallest: int) -> None:
    folded = fold_cells(moves(rows), MOVES, smallest, words)
    shown = list(zip(folded["from_path"].to_pylist(), folded["to_path"].to_pylist(), strict=True))
    behind: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for (was_from, was_to, who), (is_from, is_to) in zip(rows, shown, strict=True):
        assert is_from in (was_from, FOLDED)
        assert is_to in (was_to, FOLDED)
        behind[0, is_from].add(who)
        behind[1, is_from, is_to].add(who)
        behind[2, was_to, is_to].add(who)
    totals = {
        (0, FOLDED): 0,
        **{(1, source, FOLDED): 1 for source, _ in shown},
        **{(2, to, FOLDED): 2 for _, to, _ in rows},
    }
    for group, who in behind.items():
        if len(who) < smallest:
            siblings = [other for other in behind if other[:-1] == group[:-1] and other != group]
            assert group in totals and not siblings, "a small group is all there is"


def hosts(*people: int, actors: tuple[int, ...] = (), own: int = SITE) -> list[int]:
    everybody = np.repeat(np.arange(len(people)), people)
    acting = np.repeat(np.arange(len(actors)), actors)
    populations = [(codes, np.arange(len(codes))) for codes in (everybody, everybody, acting)]
    return fold_hosts(populations, 5, np.array([own]), letters).tolist()


def test_hosts_of_few_visitors_are_folded_where_they_are_enough_together() -> None:
    assert hosts(9, 7, 3, 3) == [0, 1, FOLDED, FOLDED]


def test_a_host_of_few_visitors_counts_as_the_site_where_it_would_be_alone() -> None:
    assert hosts(9, 7, 3) == [0, 1, 0]


def test_where_the_site_is_not_shown_it_counts_as_the_largest_host() -> None:
    assert hosts(3, 7, 9) == [2, 1, 2]
    assert hosts(0, 7, 9) == [FOLDED, 1, 2], "nobody asked for it"


def test_a_host_on_which_few_people_acted_is_folded_in_all_tables() -> None:
    assert hosts(20, 20, 20, actors=(9, 4, 3)) == [0, FOLDED, FOLDED]
    assert hosts(20, 20, actors=(9, 4)) == [0, 0]
    assert hosts(20, 20, actors=(9,)) == [0, 1], "nobody acted there, and so nobody is told"
    assert hosts(20, 20, actors=(2, 1)) == [0, 1], "that few people acted on the site is no secret"


def test_a_day_of_few_visitors_has_one_host() -> None:
    assert hosts(2, 1) == [FOLDED, FOLDED]
