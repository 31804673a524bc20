"""A file's content as pieces of whole lines, whatever it holds: no line, no NULs and no growth fill the memory."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from plugins.logs.compression import Content
from plugins.logs.fingerprints import EDGE
from schemas.refusals import RefusedError
from transforms.parsing.parser import LONGEST_LINE

MOST_LINES: Final = 50_000  # of a piece: lines of one byte take many times that when they are parsed
STEP: Final = 64 * 1024  # bytes between two looks at how many lines a piece has
MOST_GROWTH: Final = 200.0  # of compressed bytes to such content; logs grow ten to fifty times
MUCH: Final = 64 * 1024 * 1024
NEWLINE: Final = 10
LOST: Final = bytes(512)  # so many NULs are a block of a disk that was never written, and end the line before them
LOST_BLOCKS: Final = re.compile(rb"\0{512,}")
NULS: Final = re.compile(rb"^\0+", re.MULTILINE)


class Piece(NamedTuple):
    """The bytes `begin` to `end` of a file's content: its lines, and the last EDGE bytes before `end`.

    `lines` lack what nobody wrote: NULs at the beginning of a line, which a crash or a truncation under an open file
    leaves. Where a crash left many of them behind half a line, the next one begins after them. A line longer than
    LONGEST_LINE is cut to one byte more, so that the parser sees that it was.
    """

    begin: int
    end: int
    lines: bytes
    tail: bytes
    growth: float


def read_pieces(content: Content, tail: bytes, is_final: bool, piece_bytes: int) -> Iterator[Piece]:
    """What follows in the content, in pieces of about `piece_bytes`; half a line at the end only where no more comes.

    `tail`: the last EDGE bytes before. RefusedError at the end where something follows that is no part of the content.
    """
    begin, count, held = content.at, 0, b""
    whole: list[bytes] = []
    end, edge = begin, tail
    wanted = min(piece_bytes, STEP)
    while chunk := content.read(wanted):
        at = content.at
        if cut := chunk.rfind(b"\n") + 1:
            whole.append(_clean(held, chunk[:cut]))
            count += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == NEWLINE))
            end, tail, held = at - len(chunk) + cut, _last(edge, chunk[:cut]), b""
        held = _hold(held, chunk[cut:])
        edge = _last(edge, chunk)
        if at - end > MUCH and content.growth > MOST_GROWTH:
            raise bomb(content.name)
        if whole and (at - begin >= piece_bytes or count >= MOST_LINES):
            yield Piece(begin, end, _take(whole), tail, content.growth)
            begin, count = end, 0
        wanted = min(STEP, piece_bytes - (at - begin)) if at - begin < piece_bytes else min(piece_bytes, STEP)
    if held and is_final:
        whole.append(_part_lost(held))
        end, tail = content.at, edge
    if whole:
        yield Piece(begin, end, _take(whole), tail, content.growth)
    if content.has_garbage:
        raise RefusedError(f"{content.name} has other bytes after its compressed lines, which were read; cut them off")


def bomb(name: str) -> RefusedError:
    return RefusedError(
        f"{name} grows more than {MOST_GROWTH:.0f} times when it is decompressed, and not to lines of a log; it is not "
        "read on. If it is a log all the same, decompress it"
    )


def _clean(held: bytes, chunk: bytes) -> bytes:
    """Whole lines, of which the first has begun before: only this one may be too long."""
    first = chunk.find(b"\n")
    if len(held) + first > LONGEST_LINE:
        held = _hold(held, chunk[:first])
        chunk = chunk[first:]
    lines = held + chunk
    if LOST in lines:
        lines = b"\n".join(_part_lost(line) if LOST in line else line for line in lines.split(b"\n"))
    return NULS.sub(b"", lines) if b"\0" in lines else lines


def _hold(held: bytes, more: bytes) -> bytes:
    """What is kept of a line that goes on: the same, in however many parts it comes."""
    line = (held + more).lstrip(b"\0")
    if LOST in line:
        line = LOST_BLOCKS.sub(LOST, line)
    return line[: LONGEST_LINE + 1]


def _part_lost(line: bytes) -> bytes:
    """A line in which blocks were lost, as those before and after these."""
    return _hold(b"", line).removesuffix(LOST).replace(LOST, b"\n") if LOST in line else line


def _last(before: bytes, chunk: bytes) -> bytes:
    return chunk[-EDGE:] if len(chunk) >= EDGE else (before + chunk)[-EDGE:]


def _take(lines: list[bytes]) -> bytes:
    """All of them, which are held once only while somebody works on them."""
    taken = b"".join(lines)
    lines.clear()
    return taken
