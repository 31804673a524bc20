"""A block of bytes in, Arrow tables out: hits, errors, quarantine, continuations, and not a line more or less."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from schemas.window import CONTINUATIONS, ERRORS, HITS, QUARANTINE, TEXT
from transforms.parsing.error_layouts import NginxLayout
from transforms.parsing.found import Block, Found
from transforms.parsing.headed_layout import MARK
from transforms.parsing.json_layout import JsonLayout
from transforms.parsing.json_shape import read_regular_json
from transforms.parsing.layout import BLANKS, Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.regular import Regular, read_regular
from transforms.parsing.rows import build_rows
from transforms.parsing.tearing import Tearing
from transforms.parsing.tokenizer import line_places
from transforms.parsing.values import decode

LONGEST_LINE: Final = 1024 * 1024  # bytes; what is longer is no request of a visitor
HEADER: Final = re.compile(rb"^(?:\xef\xbb\xbf)?#[A-Z][^\n]*", re.MULTILINE)
SCHEMAS: Final = {"access": HITS, "error": ERRORS}


@dataclass(frozen=True)
class Parsed:
    """The lines of one block; `lines` is how many there were, `irregular` of how many a pattern had to make sense."""

    hits: pa.Table
    errors: pa.Table
    quarantine: pa.Table
    continuations: pa.Table
    lines: int
    irregular: int = 0

    def __post_init__(self) -> None:
        found = sum(len(table) for table in (self.hits, self.errors, self.quarantine, self.continuations))
        if found != self.lines:
            raise AssertionError(f"{self.lines} lines became {found} rows; nothing of this block may be used")


class Parser:
    """Reads one file's blocks in order; a line is read by the first layout that fits.

    The state is the last error entry, since its further lines may lie in the next block, and the last lines of an
    error log. With `one_by_one` all lines are read by patterns and each value is converted by itself: slow, and what
    the fast way is tested against.
    """

    def __init__(
        self,
        layouts: Sequence[Layout],
        log: str,
        file: str,
        reading: Reading | None = None,
        one_by_one: bool = False,
    ) -> None:
        self.layouts = tuple(layouts)
        self.log, self.file = log, file
        self.reading = reading or Reading()
        self.one_by_one = one_by_one
        self.open_entry: int | None = None
        self.disowned: int | None = None
        self.forged: frozenset[int] = frozenset()  # the numbers of lines that were found so before
        self.tearing = Tearing(self.layouts) if any(isinstance(one, NginxLayout) for one in self.layouts) else None

    def parse_block(self, content: bytes, first_line: int = 1, ahead: bytes = b"") -> Parsed:
        """Whole lines (the last may lack its newline) → tables of `schemas.window`, in the order of the lines.

        Only `\\n` ends a line: other bytes that some call line ends occur inside raw requests. `ahead` are the next
        lines, as far as they are known, which may show that an entry of these is forged.
        """
        if first_line == 1:
            content = content.removeprefix(MARK)
        if content and not content.endswith(b"\n"):
            content += b"\n"
        if any(layout.is_headed for layout in self.layouts):
            return _join(self._parse_headed(content, first_line))
        return self._parse_lines(content, first_line, ahead)

    def _parse_headed(self, content: bytes, first_line: int) -> Iterator[Parsed]:
        """Header lines, which say how the lines after them look, and what stands between them."""
        done, number = 0, first_line
        for found in HEADER.finditer(content):
            followed = tuple(layout.header(found[0].rstrip(BLANKS)) for layout in self.layouts)
            if not any(followed):
                continue  # a line like others
            yield (between := self._parse_lines(content[done : found.start()], number))
            number += between.lines
            self.layouts = tuple(new or old for new, old in zip(followed, self.layouts, strict=True))
            header = Block(found[0], np.array([0]), np.array([len(found[0])]), number)
            nothing = [schema.empty_table() for schema in (HITS, ERRORS, CONTINUATIONS)]
            yield Parsed(nothing[0], nothing[1], self._quarantine({number: "header"}, header), nothing[2], lines=1)
            done, number = found.end() + 1, number + 1
        yield self._parse_lines(content[done:], number)

    def _parse_lines(self, content: bytes, first_line: int, ahead: bytes = b"") -> Parsed:
        regular = self._read_regular(content)
        begins, ends = (regular.begins, regular.ends) if regular else line_places(content)
        block = Block(content, begins, ends, first_line)
        others = regular.others if regular else np.arange(len(ends))
        found = Found(self.layouts)
        self._read_by_patterns(block, (others + first_line).tolist(), found)
        if self.tearing:
            found.forge(self.forged | self.tearing.look(found.seen(block), block.first_line, ahead))
        tables = self._build(found, regular, first_line)
        self._disown(found)
        return Parsed(
            hits=self._placed(tables["access"], HITS),
            errors=self._placed(tables["error"], ERRORS),
            quarantine=self._quarantine(found.quarantine, block),
            continuations=self._continuations(found.continuations, block),
            lines=len(ends),
            irregular=len(others),
        )

    def _read_regular(self, content: bytes) -> Regular | None:
        """By the first layout, unless errors may be among the lines, whose order says what belongs to an entry."""
        if self.one_by_one or not content or any(layout.kind == "error" for layout in self.layouts):
            return None
        first = self.layouts[0]
        regular = read_regular_json(content, first) if isinstance(first, JsonLayout) else read_regular(content, first)
        lengths = regular.ends - regular.begins if regular else np.zeros(0)
        return regular.only(lengths[regular.numbers] <= LONGEST_LINE) if regular else None

    def _read_by_patterns(self, block: Block, numbers: Iterable[int], found: Found) -> None:
        for number in numbers:
            raw = block.line(number)
            text = raw.rstrip(BLANKS)
            if len(text) > LONGEST_LINE:
                found.quarantine[number] = "long"
                continue
            for place, layout in enumerate(self.layouts):
                if (groups := layout.read(raw)) is not None:
                    found.groups[place].append(groups)
                    found.numbers[place].append(number)
                    self.open_entry = number if layout.kind == "error" else None
                    break
            else:
                if self.open_entry is not None:
                    found.continuations[number] = self.open_entry
                else:
                    found.quarantine[number] = "format" if text else "empty"

    def _build(self, found: Found, regular: Regular | None, first_line: int) -> dict[str, list[pa.Table]]:
        tables: dict[str, list[pa.Table]] = {"access": [], "error": []}
        for place, layout in enumerate(self.layouts):
            numbers, fields = found.lines_of(place, len(layout.meanings), None if place else regular, first_line)
            if len(numbers):
                rows = build_rows(layout, fields, numbers, SCHEMAS[layout.kind], self.reading, self.one_by_one)
                tables[layout.kind].append(rows.table)
                found.quarantine.update((int(numbers[index]), reason) for index, reason in rows.bad.items())
        return tables

    def _disown(self, found: Found) -> None:
        """What goes on from an entry in quarantine goes there too."""
        entries = set(found.continuations.values())
        bad = {entry for entry in entries if entry in found.quarantine or entry == self.disowned}
        for number in [number for number, entry in found.continuations.items() if entry in bad]:
            del found.continuations[number]
            found.quarantine[number] = "orphan"
        if self.open_entry in found.quarantine:
            self.disowned = self.open_entry

    def _place(self, numbers: Sequence[int]) -> list[pa.Array]:
        return [*(self._constant(name, len(numbers)) for name in (self.log, self.file)), pa.array(numbers, pa.int64())]

    @staticmethod
    def _constant(value: str, length: int) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(length, np.int32)), pa.array([value]))

    def _placed(self, tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
        if not tables:
            return schema.empty_table()
        table = tables[0]
        if len(tables) > 1:
            table = pa.concat_tables(tables).unify_dictionaries().sort_by("line_number")
        for index, name in enumerate((self.log, self.file)):
            table = table.set_column(index, schema.field(index), self._constant(name, len(table)))
        return table

    def _quarantine(self, reasons: dict[int, str], block: Block) -> pa.Table:
        numbers = sorted(reasons)
        reason = pa.array([reasons[number] for number in numbers], pa.string()).cast(TEXT)
        raw = pa.array([block.line(number) for number in numbers], pa.binary())
        return pa.table([*self._place(numbers), reason, raw], schema=QUARANTINE)

    def _continuations(self, entries: dict[int, int], block: Block) -> pa.Table:
        numbers = sorted(entries)
        texts = pa.array([decode(block.line(number).rstrip(b"\r")) for number in numbers], pa.string())
        continues = pa.array([entries[number] for number in numbers], pa.int64())
        return pa.table([*self._place(numbers), continues, texts], schema=CONTINUATIONS)


def _join(parts: Iterable[Parsed]) -> Parsed:
    found = list(parts)
    tables = {
        name: pa.concat_tables([getattr(part, name) for part in found]).unify_dictionaries()
        for name in ("hits", "errors", "quarantine", "continuations")
    }
    return Parsed(**tables, lines=sum(part.lines for part in found), irregular=sum(part.irregular for part in found))
