"""Work on distinct values: a column as integer codes and the values behind them."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int64]


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


def pair_codes(left: Codes, right: Codes) -> tuple[Codes, Codes]:
    """Two code columns → one code a distinct pair, and for each such code the place of its first row."""
    if not len(left):
        return left, left
    _, first, codes = np.unique(left * (int(right.max()) + 1) + right, return_index=True, return_inverse=True)
    return codes, first


class Vocabulary:
    """The texts behind the codes that DuckDB sees, a list for each kind of text."""

    def __init__(self) -> None:
        self._index: dict[str, dict[str, int]] = {}

    def encode(self, kind: str, texts: Iterable[str]) -> Codes:
        """The code of each text, new ones added."""
        index = self._index.setdefault(kind, {})
        return np.array([index.setdefault(_printable(text), len(index)) for text in texts], np.int64)

    def decode(self, kind: str, codes: Codes, other: str) -> pa.DictionaryArray:
        """The texts of the codes; a negative code is `other`."""
        texts = pa.array([*self._index.get(kind, {}), other], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(np.where(codes < 0, len(texts) - 1, codes)), texts)


def _printable(text: str) -> str:
    """What a terminal or a file name could take for a command is published as U+FFFD."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
