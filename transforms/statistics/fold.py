"""Disclosure control: no published row, and no published total minus the rows shown of it, is that of a small group.

Done before a table is summed, so that the figures of `(other)` are as exact as all others. Tables in, tables out: what
is folded has the code `FOLDED`. A group is all visitors behind a value, beside the values that stand before it in a
table's keys. Where the values hidden in one place have too few visitors between them, the smallest group that is shown
there is hidden too: complementary suppression (Hundepool and others, Statistical Disclosure Control, 2012, 4.3).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.statistics import Published
from transforms.distinct import Codes, pair_codes

FOLDED: Final = -1  # the code of "(other)"
HOST: Final = "vhost"  # the same in all tables of a day, so folded for all of them at once
# texts of a column's codes: of two groups of one size the first in the alphabet is hidden, whatever was read first
Words = Callable[[str, Codes], Sequence[str]]


def fold_cells(rows: pa.Table, published: Published, smallest_group: int, words: Words) -> pa.Table:
    """`rows` (codes, among them `visitor`) with small groups folded in the columns that `published` says.

    Keys are taken from left to right: a page that many opened is folded behind a page that it was rarely opened from.
    `published.totals` are keys whose totals stand in another table.
    """
    folding = [key for key in published.keys if key in published.folded and key != HOST]
    if smallest_group <= 1 or not len(rows):
        return rows
    visitors = codes_of(rows, "visitor")
    before = hosts = codes_of(rows, HOST) + 1
    for key in published.keys[: published.keys.index(folding[-1]) + 1 if folding else 0]:
        codes = codes_of(rows, key)
        if key in folding:
            cells = Cells(before, codes, visitors, smallest_group)
            cells.protect(before, partial(words, key))
            if key in published.totals:
                cells.protect(join_codes(hosts, codes), partial(words, key))
            codes = np.where(cells.hidden[cells.of_row], FOLDED, codes)
            rows = rows.set_column(rows.schema.get_field_index(key), key, pa.array(codes))
        before = join_codes(before, codes + 1)
    return rows


def codes_of(rows: pa.Table, column: str) -> Codes:
    codes: Codes = rows[column].to_numpy()
    return codes


class Cells:
    """The groups of some rows: by their value, beside what stands before it; `hidden` tells which are folded."""

    def __init__(self, before: Codes, values: Codes, visitors: Codes, smallest_group: int) -> None:
        self.values, self.visitors, self.smallest_group = values, visitors, smallest_group
        self.of_row = values if is_constant(before) else pair_codes(before, values)[0]
        self.sizes = count_visitors(self.of_row, visitors)
        self.hidden = self.sizes < smallest_group
        self.first = np.zeros(len(self.sizes), np.int64)
        self.first[self.of_row[::-1]] = np.arange(len(values))[::-1]

    def protect(self, totals: Codes, words: Callable[[Codes], Sequence[str]]) -> None:
        """In each of `totals` (a code a row) whose hidden groups are too small together, hide the smallest shown."""
        is_hidden = self.hidden[self.of_row]
        behind = count_visitors(totals[is_hidden], self.visitors[is_hidden], int(totals.max()) + 1)
        weak = (behind > 0) & (behind < self.smallest_group)
        total = totals[self.first]
        shown = np.flatnonzero(~self.hidden & weak[total])
        if not len(shown):
            return
        found, values = np.unique(self.values[self.first[shown]], return_inverse=True)
        ranks = np.argsort(np.argsort(np.array(words(found), object), kind="stable"))[values]
        order = np.lexsort((ranks, self.sizes[shown], total[shown]))
        is_smallest = np.diff(total[shown[order]], prepend=-1) != 0
        self.hidden[shown[order[is_smallest]]] = True


def fold_hosts(
    populations: Sequence[tuple[Codes, Codes]], smallest_group: int, site: int, words: Callable[[Codes], Sequence[str]]
) -> Codes:
    """Virtual hosts by code → the code under which all tables of a day have them.

    `populations` are hosts and visitors, a row each: those of all hits first, then of people's; one that is a small
    group itself, as a whole, is no matter. A host is shown if nobody or enough stand behind it in each of them. Where
    all others together are too few, they count under the site's own name, `site`, and where that is not shown
    either, the smallest host is hidden beside them.
    """
    size = max(int(hosts.max(initial=-1)) + 1 for hosts, _ in populations)
    everybody, *people = [(hosts, who) for hosts, who in populations if len(who)] or [*populations]
    looked_at = [everybody, *(one for one in people if len(np.unique(one[1])) >= smallest_group)]
    behind = np.array([count_visitors(*one, size) for one in looked_at])
    hidden = _is_weak(behind, smallest_group)
    codes = np.where(hidden, FOLDED, np.arange(size))
    shown = np.flatnonzero(~hidden)
    together = np.array([[len(np.unique(who[hidden[hosts]]))] for hosts, who in looked_at])
    if not len(shown) or not together[0] or not _is_weak(together, smallest_group)[0]:
        return codes
    if site in shown:
        return np.where(hidden, site, codes)
    _, _, smallest = min(zip(behind[0][shown].tolist(), words(shown), shown.tolist(), strict=True))
    codes[smallest] = FOLDED
    return codes


def _is_weak(behind: Codes, smallest_group: int) -> NDArray[np.bool_]:
    """For each column of visitors by population: whether they are too few in any."""
    is_small: NDArray[np.bool_] = (behind[0] < smallest_group) | ((behind > 0) & (behind < smallest_group)).any(axis=0)
    return is_small


def count_visitors(codes: Codes, visitors: Codes, size: int = 0) -> Codes:
    """For each code how many visitors have it."""
    if not len(codes) or is_constant(codes):  # such as the one host of most logs
        groups = np.zeros(max(size, int(codes.max(initial=-1)) + 1), np.int64)
        groups[codes[:1]] = np.count_nonzero(np.bincount(visitors))
        return groups
    people = int(visitors.max()) + 1
    pairs = codes.astype(np.int64)
    pairs *= people
    pairs += visitors
    pairs = pa.array(pairs).unique().to_numpy()
    return np.bincount(pairs // people, minlength=size)


def join_codes(left: Codes, right: Codes) -> Codes:
    """One code a distinct pair."""
    if is_constant(right):
        return left
    return right if is_constant(left) else pair_codes(left, right)[0]


def is_constant(codes: Codes) -> bool:
    return not len(codes) or bool(codes.min() == codes.max())
