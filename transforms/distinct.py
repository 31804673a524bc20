"""Work on distinct values: a column as integer codes and the values behind them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

T = TypeVar("T")
Codes = NDArray[np.int64]
DistinctValues = tuple[Codes, list[str | None]]
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


def distinct_values(column: pa.ChunkedArray | pa.Array) -> tuple[Codes, list[str | None]]:
    """As `distinct`, the values as a list."""
    codes, values = distinct(column)
    return codes, values.to_pylist()


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
    pairs = pa.array(left * (int(right.max()) + 1) + right).dictionary_encode()  # hashing is faster than sorting
    codes = pairs.indices.to_numpy().astype(np.int64)
    first = np.empty(len(pairs.dictionary), np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return codes, first


class Remembered:
    """What was made of distinct texts in this run: those of one day come again on the next.

    It holds texts of the window, so it may live no longer than a run.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, dict[str | None, Any]] = {}

    def each(self, what: Hashable, make: Callable[[str | None], T], texts: Sequence[str | None]) -> list[T]:
        """`make` of each text; `what` names it."""
        return self.all(what, lambda new: list(map(make, new)), texts)

    def all(
        self, what: Hashable, make: Callable[[Sequence[str | None]], Sequence[T]], texts: Sequence[str | None]
    ) -> list[T]:
        """As `each`, where many texts are made at once."""
        known = self._known.setdefault(what, {})
        if len(known) > MOST_REMEMBERED:
            known.clear()
        if new := [text for text in texts if text not in known]:
            known.update(zip(new, make(new), strict=True))
        return [known[text] for text in texts]


class Vocabulary:
    """The texts behind the codes that DuckDB sees, a list for each kind of text."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, int]] = {}
        self._codes: dict[str, dict[str, int]] = {}

    def encode(self, kind: str, texts: Iterable[str]) -> Codes:
        """The code of each text, new ones added."""
        codes = self._codes.setdefault(kind, {})
        texts = list(texts)
        for text in texts:
            if text not in codes:
                index = self._texts.setdefault(kind, {})
                codes[text] = index.setdefault(_printable(text), len(index))
        return np.array([codes[text] for text in texts], np.int64)

    def decode(self, kind: str, codes: Codes, other: str) -> pa.DictionaryArray:
        """The texts of the codes; a negative code is `other`."""
        texts = pa.array([*self._texts.get(kind, {}), other], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(np.where(codes < 0, len(texts) - 1, codes)), texts)


def _printable(text: str) -> str:
    """What a terminal or a file name could take for a command is published as U+FFFD."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
