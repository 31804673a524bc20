"""A block of bytes in, Arrow tables out: hits, errors, quarantine, continuations, and not a line more or less."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.window import CONTINUATIONS, ERRORS, HITS, QUARANTINE, TEXT
from transforms.parsing.layout import Groups, Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.rows import build_rows
from transforms.parsing.values import decode

BLANKS: Final = b" \t\r"
SCHEMAS: Final = {"access": HITS, "error": ERRORS}


@dataclass(frozen=True)
class Parsed:
    """The lines of one block; `lines` is how many there were."""

    hits: pa.Table
    errors: pa.Table
    quarantine: pa.Table
    continuations: pa.Table
    lines: int

    def __post_init__(self) -> None:
        found = sum(len(table) for table in (self.hits, self.errors, self.quarantine, self.continuations))
        if found != self.lines:
            raise AssertionError(f"{self.lines} lines became {found} rows; nothing of this block may be used")


class Parser:
    """Reads one file's blocks in order; a line is read by the first layout that fits.

    The state is the last error entry, since its further lines may lie in the next block.
    """

    def __init__(self, layouts: Sequence[Layout], log: str, file: str, reading: Reading | None = None) -> None:
        self.layouts = tuple(layouts)
        self.log, self.file = log, file
        self.reading = reading or Reading()
        self.open_entry: int | None = None
        self.disowned: int | None = None

    def parse_block(self, block: bytes, first_line: int = 1) -> Parsed:
        """Whole lines (the last may lack its newline) → tables of `schemas.window`, in the order of the lines.

        Only `\\n` ends a line: other bytes that some call line ends occur inside raw requests.
        """
        lines = block.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        matched: dict[Layout, tuple[list[Groups], list[int]]] = {layout: ([], []) for layout in self.layouts}
        quarantine: dict[int, str] = {}
        continuations: dict[int, int] = {}
        for number, line in enumerate(lines, start=first_line):
            text = line.rstrip(BLANKS)
            for layout in self.layouts:
                if (groups := layout.read(text)) is not None:
                    matched[layout][0].append(groups)
                    matched[layout][1].append(number)
                    self.open_entry = number if layout.kind == "error" else None
                    break
            else:
                if self.open_entry is not None:
                    continuations[number] = self.open_entry
                else:
                    quarantine[number] = "format" if text else "empty"
        tables = self._build(matched, quarantine)
        self._disown(continuations, quarantine)
        return Parsed(
            hits=self._placed(tables["access"], HITS),
            errors=self._placed(tables["error"], ERRORS),
            quarantine=self._quarantine(quarantine, lines, first_line),
            continuations=self._continuations(continuations, lines, first_line),
            lines=len(lines),
        )

    def _build(
        self, matched: dict[Layout, tuple[list[Groups], list[int]]], quarantine: dict[int, str]
    ) -> dict[str, list[pa.Table]]:
        tables: dict[str, list[pa.Table]] = {"access": [], "error": []}
        for layout, (groups, numbers) in matched.items():
            if groups:
                rows = build_rows(layout, groups, numbers, SCHEMAS[layout.kind], self.reading)
                tables[layout.kind].append(rows.table)
                quarantine.update((numbers[index], reason) for index, reason in rows.bad.items())
        return tables

    def _disown(self, continuations: dict[int, int], quarantine: dict[int, str]) -> None:
        """What goes on from an entry in quarantine goes there too."""
        bad = {entry for entry in continuations.values() if entry in quarantine or entry == self.disowned}
        for number in [number for number, entry in continuations.items() if entry in bad]:
            del continuations[number]
            quarantine[number] = "orphan"
        if self.open_entry in quarantine:
            self.disowned = self.open_entry

    def _place(self, numbers: Sequence[int]) -> list[pa.Array]:
        return [*(self._constant(name, len(numbers)) for name in (self.log, self.file)), pa.array(numbers, pa.int64())]

    @staticmethod
    def _constant(value: str, length: int) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array([0] * length, pa.int32()), pa.array([value]))

    def _placed(self, tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
        if not tables:
            return schema.empty_table()
        table = pa.concat_tables(tables).unify_dictionaries()
        if len(tables) > 1:
            table = table.sort_by("line_number")
        for index, name in enumerate((self.log, self.file)):
            table = table.set_column(index, schema.field(index), self._constant(name, len(table)))
        return table

    def _quarantine(self, reasons: dict[int, str], lines: Sequence[bytes], first: int) -> pa.Table:
        numbers = sorted(reasons)
        reason = pa.array([reasons[n] for n in numbers], pa.string()).cast(TEXT)
        raw = pa.array([lines[n - first] for n in numbers], pa.binary())
        return pa.table([*self._place(numbers), reason, raw], schema=QUARANTINE)

    def _continuations(self, entries: dict[int, int], lines: Sequence[bytes], first: int) -> pa.Table:
        numbers = sorted(entries)
        texts = pa.array([decode(lines[n - first].rstrip(b"\r")) for n in numbers], pa.string())
        continues = pa.array([entries[n] for n in numbers], pa.int64())
        return pa.table([*self._place(numbers), continues, texts], schema=CONTINUATIONS)
