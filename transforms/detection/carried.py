"""Which payloads a text carries, wherever in a request it may stand."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.load import load_payloads
from transforms.detection.subjects import occurs


def carried_payloads(texts: Sequence[str]) -> list[int]:
    """For each text a bit for each kind of payload that is in it, with its comments or without."""
    if not texts:
        return []
    decoded = decode_texts(pa.array(texts, pa.string()))
    found = np.zeros(len(texts), np.int64)
    has_comments = pc.any(pc.match_substring(decoded, b"/*")).as_py()
    for values in (decoded, blank_comments(decoded)) if has_comments else (decoded,):
        for number, payload in enumerate(load_payloads().values()):
            found |= occurs(values, payload.patterns).astype(np.int64) << number
    marks: list[int] = found.tolist()
    return marks
