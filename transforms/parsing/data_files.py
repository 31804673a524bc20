"""Layouts of `schemas/formats`."""

import re
from typing import Final

from schemas.log_format import LogFormat
from transforms.parsing.compiling import compile_layout, inner_blanks
from transforms.parsing.directives import QUOTED
from transforms.parsing.headed_layout import fields_layout
from transforms.parsing.json_layout import compile_json
from transforms.parsing.layout import Layout, Piece, join_pieces
from transforms.parsing.meanings import CONVERTERS
from transforms.parsing.patterns import value_pattern

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+(?: [^{}]*)?)\}")


def compile_file(written: LogFormat) -> Layout:
    """The layout of a data file; that of files without `#Fields:` where it has fields."""
    if written.format:
        return compile_layout(written.name, written.format)
    if written.keys:
        return compile_json(written.name, written.keys)
    if written.fields_:
        return fields_layout(written.name)
    return _compile_line(written)


def _compile_line(written: LogFormat) -> Layout:
    """A name in braces is a meaning, or that of a pattern whose text is read over."""
    pieces: list[Piece] = []
    done = 0
    for found in PLACEHOLDER.finditer(written.line):
        before, behind = written.line[done : found.start()], written.line[found.end() : found.end() + 1]
        name, done = found[1], found.end()
        if name in written.patterns:
            pattern = written.patterns[name].encode()
            meaning, inner = name if name in CONVERTERS else "skip", b" " * pattern.count(b" ")
        else:
            earlier = ["" if piece.pattern == QUOTED else piece.meaning for piece in pieces]
            pattern = value_pattern(f"{{{name}}}", name, (before[-1:], behind), earlier, "default")
            meaning, inner = name, inner_blanks(name)
        pieces.append(Piece(before.encode(), pattern, meaning, inner))
    return join_pieces(written.name, pieces, written.line[done:].encode())
