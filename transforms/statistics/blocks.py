"""The rows of a day in blocks: a large day is never in memory as it stands."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

ROWS_AT_ONCE: Final = 500_000  # of fewer, the same texts come again too often


@dataclass(frozen=True)
class Blocks:
    """`rows` rows of `schema`; each of `blocks` gives the columns of some, as often as it is asked."""

    blocks: Sequence[Callable[[Sequence[str]], pa.Table]]
    rows: int
    schema: pa.Schema

    def __len__(self) -> int:
        return self.rows

    def read(self, columns: Sequence[str], at_once: int = ROWS_AT_ONCE) -> Iterator[pa.Table]:
        """All rows in their order, at least `at_once` in a table but the last, each column over one dictionary."""
        waiting: list[pa.Table] = []
        for block in self.blocks:
            waiting.append(block(columns))
            if sum(map(len, waiting)) >= at_once:
                yield _join(waiting)
                waiting = []
        if waiting:
            yield _join(waiting)

    def select(self, columns: Sequence[str]) -> pa.Table:
        """All rows at once."""
        empty = pa.schema([self.schema.field(name) for name in columns]).empty_table()
        return pa.concat_tables([empty, *self.read(columns)]).unify_dictionaries()

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        return self.select([column])[column]


def in_blocks(rows: pa.Table | Blocks) -> Blocks:
    """Rows that are in memory as the one block that they are."""
    return rows if isinstance(rows, Blocks) else Blocks((rows.select,), len(rows), rows.schema)


def join_all(*parts: Blocks) -> Blocks:
    """The rows of all parts, one after another."""
    return Blocks([block for part in parts for block in part.blocks], sum(map(len, parts)), parts[0].schema)


def _join(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
