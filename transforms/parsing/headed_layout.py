"""Log files that say in a `#Fields:` line which fields follow, and may say so again (W3C extended log file format)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.log_format import LogFormat, log_formats
from schemas.refusals import FormatError
from transforms.parsing.compiling import require_meanings
from transforms.parsing.directives import BARE, NUMBERS
from transforms.parsing.layout import Layout, Piece, join_pieces

FIELDS: Final = re.compile(rb"#Fields:\s*((?:[\w().*/-]{1,64}\s+){0,199}[\w().*/-]{1,64})")
OTHERS: Final = re.compile(rb"#(?:Version|Software|Date|Start-Date|End-Date|Remark):.{0,1000}")
MARK: Final = b"\xef\xbb\xbf"  # that a file is UTF-8, in front of it
NEVER: Final = re.compile(rb"(?!)")


@dataclass(frozen=True)
class HeadedLayout(Layout):
    """A layout of fields in one order; after a header line that names others, another one is in force."""

    @property
    def is_headed(self) -> bool:
        """Always."""
        return True

    def header(self, line: bytes) -> Layout | None:
        """As `Layout.header`; where the fields lack a time, a client or a request, no line after it can be read."""
        line = line.removeprefix(MARK)
        if found := FIELDS.fullmatch(line):
            return fields_layout(" ".join([self.name.partition(" ")[0], *found[1].decode().split()]))
        return self if OTHERS.fullmatch(line) else None


@lru_cache(maxsize=256)  # a file may say new fields again and again
def fields_layout(name: str) -> HeadedLayout:
    """The layout of a data file's name and fields behind it, or of its usual fields without any."""
    file, _, fields = name.partition(" ")
    written = log_formats()[file]
    pieces = _pieces(written, (fields or written.usual).lower().split())
    try:
        require_meanings([piece.meaning for piece in pieces])
    except FormatError:
        return HeadedLayout(name, NEVER, ())
    plain = join_pieces(name, pieces, b"")
    return HeadedLayout(name, plain.pattern, plain.meanings, pieces=plain.pieces)


def _pieces(written: LogFormat, fields: Sequence[str]) -> list[Piece]:
    meanings = {field.lower(): meaning for field, meaning in written.fields_.items()}
    separator = written.separator.encode()
    pieces: list[Piece] = []
    while fields:
        length = 2 if " ".join(fields[:2]) in meanings else 1
        meaning = meanings.get(" ".join(fields[:length]), "skip")
        pieces.append(_piece(separator if pieces else b"", meaning, separator))
        fields = fields[length:]
    return pieces


def _piece(before: bytes, meaning: str, separator: bytes) -> Piece:
    if meaning == "time_utc":
        return Piece(before, rb"\d{4}-\d\d-\d\d" + separator + rb"\d\d:\d\d:\d\d(?:\.\d{1,6})?", meaning, separator)
    if meaning in NUMBERS:
        return Piece(before, BARE[meaning], meaning)
    return Piece(before, rb"[^" + separator + rb"]*", meaning)
