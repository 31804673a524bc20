"""The newest of millions of lines, by where they are."""

import numpy as np
from numpy.typing import NDArray


class Newest:
    """The places of the newest lines: number of the object, row in it, instant."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.numbers = self.rows = self.moments = np.empty(0, np.int64)

    def add(self, number: int, rows: NDArray[np.int64], moments: NDArray[np.int64]) -> None:
        chosen = moments >= instant_since(moments, self.most)
        self.numbers = np.concatenate([self.numbers, np.full(chosen.sum(), number)])
        self.rows = np.concatenate([self.rows, rows[chosen]])
        self.moments = np.concatenate([self.moments, moments[chosen]])
        if len(self.moments) > self.most:
            order = np.argsort(self.moments, kind="stable")[-self.most :]
            self.numbers, self.rows, self.moments = self.numbers[order], self.rows[order], self.moments[order]


def instant_since(moments: NDArray[np.int64], most: int) -> int:
    """The instant from which there are `most` of them, or a few more."""
    return int(np.partition(moments, -most)[-most]) if len(moments) > most else int(np.iinfo(np.int64).min)
