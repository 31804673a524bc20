"""Rows of targets that have enough of them to overflow a bucket: of most targets none has."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from schemas.scenario import Scenario
from transforms.detection.targets import code_targets
from transforms.distinct import Codes


class Frequent:
    """What is counted together, block by block: first all of it is added, then it is told what may overflow."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self.scenarios = scenarios
        self._clients: list[pa.Array] = []
        self._rows: list[list[Codes]] = []

    def add(self, clients: pa.ChunkedArray, rows: Sequence[Codes]) -> None:
        """A block's clients (TEXT), and the numbers of its rows that a scenario sees, for each scenario."""
        self._clients.append(clients.combine_chunks())
        self._rows.append([numbers.astype(np.int32) for numbers in rows])

    def rows(self) -> Iterator[list[Codes]]:
        """Of each block the numbers of rows that may overflow a bucket, for each scenario."""
        for rows, kept in zip(self._rows, self.places(), strict=True):
            yield [numbers[places] for numbers, places in zip(rows, kept, strict=True)]

    def places(self) -> Iterator[list[Codes]]:
        """As `rows`, the places in what was added."""
        if not self._clients:
            return
        clients = pa.chunked_array(self._clients).unify_dictionaries()
        groups = {scenario.group_by for scenario in self.scenarios}
        targets = {group: code_targets(clients.chunk(0).dictionary, group) for group in groups}
        codes = [chunk.indices.to_numpy() for chunk in clients.chunks]
        frequent = [
            self._frequent(number, scenario, codes, targets[scenario.group_by])
            for number, scenario in enumerate(self.scenarios)
        ]
        for block, code in enumerate(codes):
            yield [
                np.flatnonzero(is_frequent[targets[scenario.group_by][code[rows]]])
                for rows, scenario, is_frequent in zip(self._rows[block], self.scenarios, frequent, strict=True)
            ]

    def _frequent(self, number: int, scenario: Scenario, codes: Sequence[Codes], targets: Codes) -> np.ndarray:
        """For each target whether its rows are more than a bucket of the scenario holds."""
        counts = np.zeros(int(targets.max(initial=0)) + 1, np.int64)
        for code, rows in zip(codes, self._rows, strict=True):
            counts += np.bincount(targets[code[rows[number]]], minlength=len(counts))
        frequent: np.ndarray = counts > scenario.bucket.capacity
        return frequent
