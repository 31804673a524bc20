"""Disclosure control: no published row, and no published total minus the rows shown of it, is that of a small group.

Done before a table is summed, so that the figures of `(other)` are as exact as all others. Tables in, tables out: what
is folded has the code `FOLDED`. A group is all visitors behind a value, beside the values that stand before it in a
table's keys. Where the values hidden in one place have too few visitors between them, the smallest group that is shown
there is hidden too: complementary suppression (Hundepool and others, Statistical Disclosure Control, 2012, 4.3).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.statistics import Published
from transforms.distinct import Codes, pair_codes

FOLDED: Final = -1  # the code of "(other)"
HOST: Final = "vhost"  # the same in all tables of a day, so folded for all of them at once
# the texts in a column of some rows: of two groups of one size the first in the alphabet is hidden, whatever came first
Words = Callable[[pa.Table, str], Sequence[str]]


@dataclass(frozen=True)
class Population:
    """Rows of one table (codes, among them `visitor`), and the keys whose last one is the value in question."""

    rows: pa.Table
    keys: tuple[str, ...]


def fold_cells(rows: pa.Table, published: Published, smallest_group: int, words: Words) -> pa.Table:
    """`rows` with small groups folded in the columns that `published` says; what is folded already stays so.

    Keys are taken from left to right: a page that many opened is folded behind a page that it was rarely opened from.
    `published.totals` are keys by which sums of its figure stand in another table.
    """
    folding = [key for key in published.keys if key in published.folded and key != HOST]
    if smallest_group <= 1 or not len(rows):
        return rows
    for key in folding:
        keys = published.keys[: published.keys.index(key) + 1]
        cells = Cells([Population(rows, keys)], smallest_group, words)
        cells.protect(0, keys[:-1])
        for total in published.totals:
            if total[-1] == key:
                cells.protect(0, total)
        rows = with_codes(rows, key, cells.folded(0))
    return rows


class Cells:
    """The groups of one or several populations; a value that is hidden in one of them is hidden in all.

    Several are given where their tables tell the same figure, so that they could be subtracted from each other.
    """

    def __init__(self, populations: Sequence[Population], smallest_group: int, words: Words) -> None:
        self.populations, self.smallest_group, self.words = populations, smallest_group, words
        of_row = join_columns([[codes_of(one.rows, key) for key in one.keys] for one in populations])
        ends = np.cumsum([len(one.rows) for one in populations])
        self.of_rows = np.split(of_row, ends[:-1])
        size = int(of_row.max(initial=-1)) + 1
        self.sizes = [
            _count_groups(cells, codes_of(one.rows, "visitor"), size, smallest_group)
            for cells, one in zip(self.of_rows, populations, strict=True)
        ]
        self.hidden = np.zeros(size, bool)
        for cells, sizes, one in zip(self.of_rows, self.sizes, populations, strict=True):
            self.hidden |= (sizes > 0) & (sizes < smallest_group)
            self.hidden[cells[codes_of(one.rows, one.keys[-1]) == FOLDED]] = True

    def protect(self, number: int, totals: Sequence[str]) -> None:
        """Of a population: where the hidden groups of one of its `totals` are too small together, hide one more."""
        rows, of_row, sizes = self.populations[number].rows, self.of_rows[number], self.sizes[number]
        if not len(rows):
            return
        total = join_columns([[codes_of(rows, key) for key in totals]])
        is_hidden = self.hidden[of_row]
        behind = count_visitors(total[is_hidden], codes_of(rows, "visitor")[is_hidden], int(total.max()) + 1)
        weak = (behind > 0) & (behind < self.smallest_group)
        first = np.zeros(len(sizes), np.int64)
        first[of_row[::-1]] = np.arange(len(rows))[::-1]
        shown = np.flatnonzero(~self.hidden & (sizes > 0) & weak[total[first]])
        if not len(shown):
            return
        ranks = self._ranks(number, first[shown])
        order = np.lexsort((ranks, sizes[shown], total[first[shown]]))
        is_smallest = np.diff(total[first[shown[order]]], prepend=-1) != 0
        self.hidden[shown[order[is_smallest]]] = True

    def folded(self, number: int) -> Codes:
        """The values of a population's rows, folded."""
        one = self.populations[number]
        return np.where(self.hidden[self.of_rows[number]], FOLDED, codes_of(one.rows, one.keys[-1]))

    def _ranks(self, number: int, places: Codes) -> Codes:
        """The places of some rows in the alphabet of their keys."""
        one = self.populations[number]
        some = one.rows.select(one.keys).take(pa.array(places))
        texts = sorted(zip(*(self.words(some, key) for key in one.keys), range(len(some)), strict=True))
        ranks = np.empty(len(some), np.int64)
        ranks[[row[-1] for row in texts]] = np.arange(len(some))
        return ranks


def fold_hosts(
    populations: Sequence[tuple[Codes, Codes]], smallest_group: int, own: Codes, words: Callable[[Codes], Sequence[str]]
) -> Codes:
    """Virtual hosts by code → the code under which all tables of a day have them; one that nobody asked for is folded.

    `populations` are hosts and visitors, a row each: those of all hits first, then of people's; one that is a small
    group itself, as a whole, is no matter. A host is shown if nobody or enough stand behind it in each of them. Where
    all others together are too few, they count under the largest host that is shown, one of the site's `own` if any.
    """
    size = max(int(hosts.max(initial=-1)) + 1 for hosts, _ in populations)
    everybody, *people = populations
    looked_at = [everybody, *(one for one in people if count_distinct(one[1]) >= smallest_group)]
    behind = np.array([count_visitors(*one, size) for one in looked_at])
    hidden = _is_weak(behind, smallest_group)
    codes = np.where(hidden, FOLDED, np.arange(size))
    shown = np.flatnonzero(~hidden)
    together = np.array([[count_distinct(who[hidden[hosts]])] for hosts, who in looked_at])
    if len(shown) and together[0] and _is_weak(together, smallest_group)[0]:
        largest = np.lexsort((np.argsort(np.argsort(words(shown))), -behind[0][shown], ~np.isin(shown, own)))[0]
        codes[hidden & (behind[0] > 0)] = shown[largest]
    return codes


def _is_weak(behind: Codes, smallest_group: int) -> NDArray[np.bool_]:
    """For each column of visitors by population: whether they are too few in any."""
    is_small: NDArray[np.bool_] = (behind[0] < smallest_group) | ((behind > 0) & (behind < smallest_group)).any(axis=0)
    return is_small


def _count_groups(codes: Codes, visitors: Codes, size: int, smallest_group: int) -> Codes:
    """As `count_visitors` for codes with enough rows; for others, most of them where codes are pairs, their rows."""
    sizes = np.bincount(codes, minlength=size)
    is_large = sizes >= smallest_group
    if is_large.all():
        return count_visitors(codes, visitors, size)
    of_large = is_large[codes]
    sizes[is_large] = count_visitors(codes[of_large], visitors[of_large], size)[is_large]
    return sizes


def count_visitors(codes: Codes, visitors: Codes, size: int = 0) -> Codes:
    """For each code how many visitors have it."""
    if not len(codes) or is_constant(codes):  # such as the one host of most logs
        groups = np.zeros(max(size, int(codes.max(initial=-1)) + 1), np.int64)
        groups[codes[:1]] = count_distinct(visitors)
        return groups
    people = int(visitors.max()) + 1
    pairs = codes.astype(np.int64)
    pairs *= people
    pairs += visitors
    pairs.sort()  # in place: a table of hashes takes many times the memory
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return np.bincount(pairs // people, minlength=size)


def count_distinct(codes: Codes) -> int:
    """How many codes occur."""
    occurs = np.zeros(int(codes.max(initial=-1)) + 1, bool)
    occurs[codes] = True
    return int(np.count_nonzero(occurs))


def codes_of(rows: pa.Table, column: str) -> Codes:
    codes: Codes = rows[column].to_numpy()
    return codes


def with_codes(rows: pa.Table, column: str, codes: Codes) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(column), column, pa.array(codes))


def join_columns(tables: Sequence[Sequence[Codes]]) -> Codes:
    """One code a distinct row, of the rows of all tables, one after the other."""
    joined = None
    for parts in zip(*tables, strict=True):
        column = (parts[0] if len(parts) == 1 else np.concatenate(parts)) + 1  # FOLDED is a value too
        if joined is None or is_constant(joined):
            joined = column
        elif not is_constant(column):
            joined = pair_codes(joined, column)[0]
    return np.zeros(0, np.int64) if joined is None else joined


def is_constant(codes: Codes) -> bool:
    return not len(codes) or bool(codes.min() == codes.max())
