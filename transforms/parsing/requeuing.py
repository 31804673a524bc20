"""Lines that could not be read when they came, parsed once more; between them stand others that could."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.secrets import parse_scrubbed

MOST_LINES: Final = 20_000  # at once
State = tuple[int | None, int | None]  # open entry, disowned entry: see `schemas.receipts.Receipt`


def parse_again(parser: Parser, quarantine: pa.Table, first_line: int, before: State) -> tuple[list[Parsed], State]:
    """A table of QUARANTINE in the order of lines → the same lines in blocks, each under its own number.

    `first_line` is that of the shard, and `before` the state in which its parser began; the state at the end of the
    last run of lines comes back. Where lines may go on from others, only those do that follow each other. What nginx'
    lines around it showed to be forged stays so.
    """
    numbers, lines = quarantine["line_number"].to_numpy(), quarantine["raw"].to_pylist()
    parser.forged = frozenset(numbers[np.asarray(pc.equal(quarantine["reason"], "forged"))].tolist())
    is_stateful = any(layout.kind == "error" for layout in parser.layouts)
    blocks: list[Parsed] = []
    for begin, end in _runs(numbers, is_stateful):
        if is_stateful and (begin == 0 or numbers[begin] != numbers[begin - 1] + 1):
            parser.open_entry, parser.disowned = before if numbers[begin] == first_line else (None, None)
        content = b"".join(line + b"\n" for line in lines[begin:end])
        parsed = parse_scrubbed(parser, content, int(numbers[begin]))
        blocks.append(parsed if is_stateful else _renumbered(parsed, numbers[begin:end]))
    return blocks, (parser.open_entry, parser.disowned)


def _runs(numbers: np.ndarray, is_stateful: bool) -> Iterator[tuple[int, int]]:
    """Where in the table each part begins and ends that is parsed at once."""
    gaps = np.flatnonzero(np.diff(numbers) != 1) + 1 if is_stateful else np.array([], np.int64)
    cuts = sorted({0, *gaps.tolist(), *range(0, len(numbers), MOST_LINES), len(numbers)})
    return pairwise(cuts)


def _renumbered(parsed: Parsed, numbers: np.ndarray) -> Parsed:
    """Lines that were counted from the first of them on, under the numbers that they have."""
    return Parsed(
        hits=_renumber(parsed.hits, numbers),
        errors=parsed.errors,
        quarantine=_renumber(parsed.quarantine, numbers),
        continuations=parsed.continuations,
        lines=parsed.lines,
    )


def _renumber(table: pa.Table, numbers: np.ndarray) -> pa.Table:
    index = table.schema.get_field_index("line_number")
    own = pa.array(numbers[table["line_number"].to_numpy() - numbers[0]])
    return table.set_column(index, table.schema.field(index), own)
