"""What a regular line of a layout looks like: which separators it has, in which order, and what stands between them.

Separators are quotes, and outside of quotes the blanks, tabs and bars of the format string. A line with exactly these,
in this order, can be read in one way only: every literal separator of the pattern must be one of them.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from transforms.parsing.layout import Layout

QUOTE: Final = ord('"')
NEWLINE: Final = ord("\n")
SEPARATORS: Final = b" \t|;"  # a layout's, where its format string has them


@dataclass
class Cell:
    """What stands between the separators numbered `first` and `last` (-1 is the line's begin): fixed bytes and pieces.

    With several pieces (`%v:%p`) `pattern` tells them apart.
    """

    first: int
    last: int = 0
    quoted: bool = False
    prefix: bytes = b""
    pieces: list[int] = field(default_factory=list)
    suffix: bytes = b""
    pattern: re.Pattern[bytes] | None = None


@dataclass(frozen=True)
class Template:
    """The separators of a regular line, in order, its end included, and the cells between them."""

    separators: bytes
    cells: tuple[Cell, ...]

    @property
    def outside(self) -> bytes:
        """The separators that are none within quotes."""
        return bytes(sorted(set(self.separators) - {QUOTE, NEWLINE}))


@cache
def template_of(layout: Layout) -> Template | None:
    """The template of a layout from a format string; None where its lines cannot be proved to be regular."""
    if not layout.pieces:
        return None
    builder = _Builder(layout)
    builder.build()
    return builder.template()


class _Builder:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        fixed = b"".join(piece.before for piece in layout.pieces) + layout.after
        self.known = bytes(byte for byte in SEPARATORS if byte in fixed)
        self.separators = bytearray()
        self.quoted = False
        self.cells = [Cell(-1)]
        self.parts: list[list[bytes | int]] = [[]]

    def build(self) -> None:
        for number, piece in enumerate(self.layout.pieces):
            self._literal(piece.before)
            self.parts[-1].append(number)
            if not self.quoted:
                self.separators += bytes(byte for byte in piece.inner if byte in self.known)
        self._literal(self.layout.after)
        self._close(NEWLINE)

    def _literal(self, literal: bytes) -> None:
        for byte in literal:
            if byte == QUOTE:
                self._close(byte)
                self.quoted = not self.quoted
                self.cells[-1].quoted = self.quoted
            elif not self.quoted and byte in self.known:
                self._close(byte)
            else:
                self.parts[-1].append(bytes([byte]))

    def _close(self, byte: int) -> None:
        self.cells[-1].last = len(self.separators)
        self.cells.append(Cell(len(self.separators)))
        self.separators.append(byte)
        self.parts.append([])

    def template(self) -> Template | None:
        self.cells.pop()
        if self.quoted or NEWLINE in self.separators[:-1]:
            return None
        for cell, parts in zip(self.cells, self.parts, strict=False):
            numbers = [at for at, part in enumerate(parts) if isinstance(part, int)]
            cell.pieces = [part for part in parts if isinstance(part, int)]
            cut = numbers[0] if numbers else len(parts)
            cell.prefix = _joined(parts[:cut])
            if len(numbers) == 1:
                cell.suffix = _joined(parts[numbers[-1] + 1 :])
            elif numbers:
                cell.prefix, cell.pattern = b"", self._pattern(parts)
        return Template(bytes(self.separators), tuple(self.cells))

    def _pattern(self, parts: list[bytes | int]) -> re.Pattern[bytes]:
        groups = (
            re.escape(part) if isinstance(part, bytes) else b"(" + self.layout.pieces[part].pattern + b")"
            for part in parts
        )
        return re.compile(b"".join(groups), re.DOTALL)


def _joined(parts: list[bytes | int]) -> bytes:
    return b"".join(part for part in parts if isinstance(part, bytes))
