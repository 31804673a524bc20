"""A block of bytes → the fields of its regular lines, by position arithmetic; the other lines are left to patterns.

A line is regular when its separators are those of the template, all fixed bytes stand where they should, and each value
fits the pattern of its piece. So the layout's pattern would read the same from it.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.parsing.fields import Mask, Positions
from transforms.parsing.layout import BLANKS
from transforms.parsing.template import NEWLINE, QUOTE, Template

PASS_BYTES: Final = 1024 * 1024  # one pass of numpy works in the processor's cache
BACKSLASH: Final = ord("\\")
RETURN: Final = ord("\r")
ENDING: Final = np.frombuffer(BLANKS, np.uint8)


@dataclass(frozen=True)
class Lines:
    """The lines of a block, `begins` to `ends` (without `\\n`), and of regular ones the places of their separators."""

    begins: Positions
    ends: Positions
    regular: Positions  # numbers of lines, from 0
    separators: Positions  # a row a separator, a column a regular line

    def only(self, fits: Mask) -> "Lines":
        """Some of the regular lines."""
        return self if fits.all() else replace(self, regular=self.regular[fits], separators=self.separators[:, fits])


def find_lines(block: bytes, template: Template) -> Lines:
    """The lines of a block that ends with a newline."""
    buffer = np.frombuffer(block, np.uint8)
    found, begin, count = [], 0, 0
    while begin < len(block):
        end = block.rfind(b"\n", begin, begin + PASS_BYTES) + 1 or block.index(b"\n", begin) + 1
        found.append(_find(buffer[begin:end], template, begin, count))
        begin, count = end, count + len(found[-1].ends)
    return Lines(
        *(np.concatenate([getattr(one, name) for one in found], axis=-1) for name in Lines.__dataclass_fields__)
    )


def line_places(block: bytes) -> tuple[Positions, Positions]:
    """Where the lines of a block that ends with a newline begin and end."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == NEWLINE)
    return _begins(ends), ends


def _begins(ends: Positions) -> Positions:
    """Where that begins whose parts end so, each right before the next one."""
    return np.append(0, ends[:-1] + 1)[: len(ends)]


def _find(buffer: NDArray[np.uint8], template: Template, offset: int, count: int) -> Lines:
    places = np.flatnonzero(_interesting(buffer, template))
    kinds = buffer[places]
    is_end, is_quote = kinds == NEWLINE, kinds == QUOTE
    ends = np.flatnonzero(is_end)
    kept = is_end | is_quote
    outside = _outside_quotes(is_quote, ends)
    for byte in template.outside:
        kept |= (kinds == byte) & outside
    places, kinds = places[kept], kinds[kept]
    ends = np.flatnonzero(kinds == NEWLINE)
    line_ends = places[ends]
    trailing = np.isin(kinds[ends - 1], ENDING) & (places[ends - 1] == line_ends - 1)
    if trailing.any():  # a blank at the end of a line, as some servers write
        places[ends[trailing]] -= 1
        kept = np.ones(len(places), np.bool_)
        kept[ends[trailing] - 1] = False
        places, kinds = places[kept], kinds[kept]
        ends = np.flatnonzero(kinds == NEWLINE)
    firsts = _begins(ends)
    width = len(template.separators)
    regular = np.flatnonzero(ends - firsts + 1 == width)
    rows = firsts[regular] + np.arange(width)[:, None]
    fits = (kinds[rows] == np.frombuffer(template.separators, np.uint8)[:, None]).all(axis=0)
    regular, separators = regular[fits], places[rows[:, fits]]
    # Apache and nginx escape a quote with a backslash: then it is a part of the value.
    quotes = [at for at, byte in enumerate(template.separators) if byte == QUOTE]
    if quotes:
        plain = (buffer[np.maximum(separators[quotes] - 1, 0)] != BACKSLASH).all(axis=0)
        regular, separators = regular[plain], separators[:, plain]
    if len(regular):  # lines that end as on Windows
        separators[-1] -= buffer[np.maximum(separators[-1] - 1, 0)] == RETURN
        whole = ~np.isin(buffer[np.maximum(separators[-1] - 1, 0)], ENDING)
        regular, separators = regular[whole], separators[:, whole]
    return Lines(
        begins=_begins(line_ends) + offset,
        ends=line_ends + offset,
        regular=regular + count,
        separators=separators + offset,
    )


def _interesting(buffer: NDArray[np.uint8], template: Template) -> Mask:
    """Where separators may stand."""
    most = max(template.separators)
    if most <= QUOTE:
        return buffer <= most
    result = buffer <= QUOTE
    for byte in template.outside:
        if byte > QUOTE:
            result |= buffer == byte
    return result


def _outside_quotes(is_quote: Mask, ends: Positions) -> Mask:
    """For each place whether the quotes before it, of its own line, come in pairs."""
    quotes = np.cumsum(is_quote, dtype=np.int32)
    before_line = np.append(0, quotes[ends[:-1]])
    odd = before_line & 1
    if odd.any():
        quotes -= np.repeat(odd, np.diff(np.append(-1, ends))).astype(np.int32)
    outside: Mask = (quotes & 1) == 0
    return outside
