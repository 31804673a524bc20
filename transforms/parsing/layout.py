"""A layout: how to read one line's bytes, and what each value in it means.

Most are made of pieces: compiled from a server's format string (`compiling`) or from a data file (`data_files`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Groups = tuple[bytes | None, ...]
BLANKS: Final = b" \t\r"  # what a line may end with, and no value


@dataclass(frozen=True)
class Piece:
    """A field of a line: the fixed bytes `before` it, and the pattern of its value (without a group).

    `inner` are the separators inside of every ordinary value: the blank of a time.
    """

    before: bytes
    pattern: bytes
    meaning: str
    inner: bytes = b""


@dataclass(frozen=True)
class Layout:
    """One way a line can look; `meanings` names the groups of `pattern`, in order (see `transforms.parsing.meanings`).

    `pieces` and the fixed bytes `after` them say the same as `pattern`, where it is made of them. A policy and a
    receipt know the layout by its `name`, from which `formats.named_layout` makes it again.
    """

    name: str
    pattern: re.Pattern[bytes]
    meanings: tuple[str, ...]
    kind: str = "access"
    json_escapes: bool = False
    pieces: tuple[Piece, ...] = ()
    after: bytes = b""
    ends: tuple[bytes, ...] = ()  # blanks that a line ends with where its last values are empty, and that nobody keeps

    @property
    def is_headed(self) -> bool:
        """Whether lines in the file (`#Fields: …`) say how those after them look."""
        return False

    def read(self, line: bytes) -> Groups | None:
        """The values of a line, one for each meaning; None where it does not fit.

        Blanks at its end are none of it, unless its last values are empty.
        """
        plain = line.rstrip(BLANKS)
        match = self.pattern.fullmatch(plain)
        if match is None and plain != line:
            match = self.pattern.fullmatch(line.removesuffix(b"\r"))
        if match is None and self.ends:
            match = next(filter(None, (self.pattern.fullmatch(line + end) for end in self.ends)), None)
        return match.groups() if match else None

    def header(self, line: bytes) -> "Layout | None":
        """The layout in force after a header line; None for every other line."""
        del line
        return None


def join_pieces(
    name: str, pieces: Sequence[Piece], after: bytes, kind: str = "access", json_escapes: bool = False
) -> Layout:
    """The layout of which these are the pieces."""
    whole = b"".join(re.escape(piece.before) + b"(" + piece.pattern + b")" for piece in pieces) + re.escape(after)
    meanings = tuple(piece.meaning for piece in pieces)
    ends = () if after else _empty_ends(pieces)
    return Layout(name, re.compile(whole, re.DOTALL), meanings, kind, json_escapes, tuple(pieces), after, ends)


def _empty_ends(pieces: Sequence[Piece]) -> tuple[bytes, ...]:
    ends: list[bytes] = []
    for piece in reversed(pieces):
        blanks = piece.before[len(piece.before.rstrip(b" \t")) :]
        if not blanks or not re.fullmatch(piece.pattern, b""):
            break
        ends.append(blanks + (ends[-1] if ends else b""))
        if blanks != piece.before:
            break
    return tuple(ends)
