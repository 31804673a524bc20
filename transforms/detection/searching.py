"""Where patterns occur: many texts are searched at once, and few of them one by one, by the same engine."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

FEW: Final = 200  # texts; beyond, it pays to have pyarrow compile the patterns anew, as it does at each call
# Characters of patterns that are searched at once: in text made of what all their matches begin with, the engine stands
# at more places than it keeps in mind, and takes five times as long.
TOGETHER: Final = 5_000
MOST_COMPILED: Final = 200  # lists of patterns, up to two megabytes each; the project has a hundred


def occurs(values: pa.Array, patterns: Sequence[str]) -> NDArray[np.bool_]:
    """For each value (binary or string, none missing), whether one of the patterns (RE2) occurs in it."""
    found = np.zeros(len(values), np.bool_)
    for part in _parts(patterns):
        found |= _occurs(values, "(?s)" + "|".join(f"(?:{pattern})" for pattern in part))
    return found


def _parts(patterns: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for pattern in patterns:
        if sum(map(len, parts[-1])) + len(pattern) > TOGETHER:
            parts.append([])
        parts[-1].append(pattern)
    return parts


def _occurs(values: pa.Array, pattern: str) -> NDArray[np.bool_]:
    if len(values) > FEW:
        return np.asarray(pc.match_substring_regex(values, pattern=pattern))
    search = _compiled(pattern, pa.types.is_binary(values.type)).search
    return np.array([search(text) is not None for text in values.cast(pa.binary()).to_pylist()], np.bool_)


@lru_cache(MOST_COMPILED)
def _compiled(pattern: str, is_binary: bool) -> Any:
    """With pyarrow's options: what is binary consists of bytes, not of letters."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True  # groups cost time, and nobody asks what was in them
    if is_binary:
        options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode(), options)
