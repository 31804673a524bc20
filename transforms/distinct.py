"""Work on distinct values: a column as integer codes and the values behind them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int64]


def distinct_values(column: pa.ChunkedArray | pa.Array) -> tuple[Codes, list[str | None]]:
    """A dictionary-encoded column → codes, and the values that occur, null among them where it does."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    values = [*array.dictionary.to_pylist(), None]
    raw = pc.fill_null(array.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    occurs = np.bincount(raw, minlength=len(values)) > 0
    codes = (np.cumsum(occurs) - 1)[raw] if len(raw) else raw
    return codes.astype(np.int64), [value for value, used in zip(values, occurs, strict=True) if used]


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
        return np.array([index.setdefault(text, len(index)) for text in texts], np.int64)

    def decode(self, kind: str, codes: Codes, other: str) -> pa.Array:
        """The texts of the codes; a negative code is `other`."""
        texts: Sequence[str] = [*self._index.get(kind, {}), other]
        return pa.array(texts, pa.string()).take(pa.array(np.where(codes < 0, len(texts) - 1, codes)))
