"""Which payloads a text carries, wherever in a request it may stand."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.load import load_payloads
from transforms.detection.searching import occurs


def carried_payloads(texts: Sequence[str]) -> list[int]:
    """For each text a bit for each kind of payload that is in it, with its comments or without."""
    if not texts:
        return []
    values = blank_comments(decode_texts(pa.array(texts, pa.string())))
    found = np.zeros(len(texts), np.int64)
    for number, payload in enumerate(load_payloads().values()):
        found |= occurs(values, payload.patterns).astype(np.int64) << number
    marks: list[int] = found.tolist()
    return marks
