"""Work on distinct values: a column as integer codes and the values behind them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int64]
DistinctValues = tuple[Codes, list[str | None]]
Make = Callable[[Sequence[str | None]], NDArray[Any]]  # texts → an array with a row for each
MOST_REMEMBERED: Final = 500_000  # texts of a kind; the long tail is met once and would only take memory


def distinct(column: pa.ChunkedArray | pa.Array) -> tuple[Codes, pa.Array]:
    """A dictionary-encoded column → codes, and the values that occur, null behind them where it does."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    missing = len(array.dictionary)
    raw = pc.fill_null(array.indices, missing).to_numpy(zero_copy_only=False)
    occurs = np.bincount(raw, minlength=missing + 1) > 0
    codes = (np.cumsum(occurs) - 1)[raw] if len(raw) else raw
    found = np.flatnonzero(occurs)
    return codes.astype(np.int64), array.dictionary.take(pa.array(found, mask=found == missing))


def occurring(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same values, over a dictionary of what occurs: a part of a log's must hold no address of another part."""
    used = column.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(used.indices, column.dictionary.take(used.dictionary))


def distinct_values(column: pa.ChunkedArray | pa.Array) -> tuple[Codes, list[str | None]]:
    """As `distinct`, the values as a list."""
    codes, values = distinct(column)
    return codes, values.to_pylist()


def dictionary_codes(column: pa.ChunkedArray | pa.Array) -> tuple[Codes, pa.Array]:
    """A dictionary-encoded column → codes, and all of its dictionary; a missing value's code is one beyond."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    codes = array.indices.fill_null(len(array.dictionary)).to_numpy()
    return codes.astype(np.int64), array.dictionary


class Distincts:
    """The columns of a table as by `distinct_values`, each worked out once."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._found: dict[str, tuple[Codes, list[str | None]]] = {}

    def __getitem__(self, name: str) -> tuple[Codes, list[str | None]]:
        if name not in self._found:
            self._found[name] = distinct_values(self._table[name])
        return self._found[name]


def pair_codes(left: Codes, right: Codes) -> tuple[Codes, Codes]:
    """Two code columns → one code a distinct pair, and for each such code the place of its first row."""
    if not len(left):
        return left, left
    pairs = left.astype(np.int64)  # codes may be narrow, pairs of them not
    pairs *= int(right.max()) + 1
    pairs += right
    pairs = pa.array(pairs).dictionary_encode()  # hashing is faster than sorting
    codes = pairs.indices.to_numpy()
    first = np.empty(len(pairs.dictionary), np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return codes, first


class Remembered:
    """What was made of distinct texts in this run, as numbers: those of one day come again on the next.

    It holds texts of the window, so it may live no longer than a run.
    """

    def __init__(self) -> None:
        self._places: dict[Hashable, dict[str | None, int]] = {}
        self._made: dict[Hashable, NDArray[Any]] = {}
        self._numbers: dict[Hashable, dict[Hashable, int]] = {}
        self._last: dict[Hashable, tuple[pa.Array, list[NDArray[Any]]]] = {}

    def look_up(self, what: Hashable, make: Make, dictionary: pa.Array) -> list[NDArray[Any]]:
        """Columns of numbers with a row for each text, and one more for null.

        `make` does it for new texts, and `what` names it. Days that share a dictionary are looked up at once.
        """
        last = self._last.get(what)
        if last is None or not _is_same(last[0], dictionary):
            rows = self._rows(what, make, [*dictionary.to_pylist(), None])
            last = self._last[what] = (dictionary, list(np.ascontiguousarray(rows.T)))
        return last[1]

    def number(self, kind: Hashable, values: Iterable[Hashable]) -> NDArray[np.int64]:
        """A row for each value: its number, the same whenever it comes."""
        numbers = self._numbers.setdefault(kind, {})
        return np.array([[numbers.setdefault(value, len(numbers))] for value in values], np.int64).reshape(-1, 1)

    def _rows(self, what: Hashable, make: Make, texts: list[str | None]) -> NDArray[Any]:
        known = self._places.setdefault(what, {})
        if len(known) > MOST_REMEMBERED:
            known.clear()
        before = len(known)
        places = [known.setdefault(text, len(known)) for text in texts]
        if len(known) > before:
            made = make(list(islice(known, before, None)))
            self._made[what] = np.concatenate([self._made[what], made]) if before else made
        return self._made[what][np.array(places, np.int64)]


def _is_same(left: pa.Array, right: pa.Array) -> bool:
    """Whether two dictionaries are one in memory."""
    at = [(array.offset, len(array), *(b and b.address for b in array.buffers())) for array in (left, right)]
    return left.type == right.type and at[0] == at[1]


class Vocabulary:
    """The texts behind the codes that DuckDB sees, a list for each kind of text."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, int]] = {}
        self._texts: dict[str, dict[str, int]] = {}
        self._arrays: dict[str, pa.Array] = {}

    def encode(self, kind: str, texts: Iterable[str]) -> Codes:
        """The code of each text, new ones added."""
        codes = self._codes.setdefault(kind, {})
        texts = list(texts)
        for text in texts:
            if text not in codes:
                index = self._texts.setdefault(kind, {})
                codes[text] = index.setdefault(printable(text), len(index))
        return np.array([codes[text] for text in texts], np.int64)

    def decode(self, kind: str, codes: Codes, other: str) -> pa.DictionaryArray:
        """The texts of the codes; a negative code is `other`."""
        texts = self._texts.setdefault(kind, {})
        array = self._arrays.setdefault(kind, pa.array([other], pa.string()))
        if len(texts) >= len(array):
            added = pa.array(islice(texts, len(array) - 1, None), pa.string())
            array = self._arrays[kind] = pa.concat_arrays([array, added])
        return pa.DictionaryArray.from_arrays(pa.array(np.maximum(codes, -1) + 1), array)


def printable(text: str) -> str:
    """What a terminal or a file name could take for a command is published as U+FFFD."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
