"""Finds canaries in any bytes: in every spelling, decoded, decompressed and unpacked, also where files lie in files.

RE2, by pyarrow, looks for what all canaries have in common, at some hundred MB/s whatever their number; only what lies
around a find is then looked at closely.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import takewhile
from mmap import mmap
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from plugins.forgetting.canaries import Canaries
from plugins.forgetting.unpacking import ENCODED, Content, decode, is_packed, table_text, unpack
from transforms.anonymising.spellings import Spelling

PIECE: Final = 1 << 20  # bytes
AT_ONCE: Final = 16 * PIECE
MANY: Final = 1000  # small files
NEAR: Final = 512  # bytes that are looked at closely
LONGEST: Final = 256  # bytes; no spelling is longer
SHORTEST: Final = 4  # bytes; no spelling is shorter, and what is shorter is everywhere
# A weak spelling has 32 bits, so in 1 GB of noise each stands about every fourth time. Three canaries of one day within
# 1 MB do so once in about 200,000 GB.
TOGETHER: Final = 3
MOST: Final = 600  # literals in a pattern; with many more RE2 gives up its fast way
DEEPEST: Final = 4  # files in files


class Canary(NamedTuple):
    """One of a day's canaries, by its number."""

    day: date
    number: int


class Scanner:
    """Looks for all canaries of some days."""

    def __init__(self, canaries: Sequence[Canaries]) -> None:
        needles = [(one, Canary(each.day, number)) for each in canaries for number, one in each.spellings()]
        self.needles: dict[bytes, list[tuple[Spelling, Canary]]] = defaultdict(list)
        for spelling, canary in needles:
            self.needles[spelling.content[:SHORTEST]].append((spelling, canary))
        anchors = ["".join(f"\\x{byte:02x}" for byte in one) for one in sorted(_anchors(needles))]
        self.patterns = ["|".join(anchors[begin : begin + MOST]) for begin in range(0, len(anchors), MOST)]

    def scan_all(self, contents: Iterable[Content]) -> set[Canary]:
        """The canaries in many files; small ones are looked at together, since each look takes a millisecond."""
        found: set[Canary] = set()
        small: list[bytes] = []
        for content in contents:
            if isinstance(content, mmap) or len(content) > PIECE or is_packed(content):
                found |= self.scan(content)
            else:
                small.append(content)
            if len(small) == MANY:
                found |= self._scan_small(small)
                small.clear()
        return found | self._scan_small(small)

    def _scan_small(self, contents: Sequence[bytes]) -> set[Canary]:
        array = pa.array(contents, pa.binary())
        suspicious, encoded = self._suspicious(array), pc.match_substring_regex(array, ENCODED).to_pylist()
        looks = zip(contents, suspicious, encoded, strict=True)
        return set().union(*(self.scan(content) for content, *is_worth_it in looks if any(is_worth_it)))

    def scan(self, content: Content, depth: int = 0) -> set[Canary]:
        """The canaries in a file, and in what is packed in it."""
        found = self.search(content)
        if depth < DEEPEST:
            for part in unpack(content):
                found |= self.scan(part, depth + 1)
        return found

    def scan_table(self, table: pa.Table) -> set[Canary]:
        """The canaries in a table in memory."""
        return self.search(table_text(table))

    def search(self, content: Content, depth: int = 0) -> set[Canary]:
        """The canaries in bytes, as they stand and decoded."""
        found: set[Canary] = set()
        weak: list[tuple[int, Canary]] = []
        for begin, piece, is_suspicious, is_encoded in self._pieces(content):
            if is_suspicious:
                strong, more = self._look_closely(begin, piece)
                found |= strong
                weak += more
            if is_encoded and depth < DEEPEST:
                for text in decode(piece):
                    found |= self.search(text, depth + 1)
        return found | _together(weak)

    def _pieces(self, content: Content) -> Iterator[tuple[int, bytes, bool, bool]]:
        """Pieces with their offset: may a canary be in it, and may something be encoded in it?"""
        for start in range(0, len(content), AT_ONCE):
            begins = range(start, min(start + AT_ONCE, len(content)), PIECE)
            pieces = [bytes(content[begin : begin + PIECE + LONGEST]) for begin in begins]
            array = pa.array(pieces, pa.binary())
            suspicious = self._suspicious(array)
            encoded = pc.match_substring_regex(array, ENCODED).to_pylist()
            yield from zip(begins, pieces, suspicious, encoded, strict=True)

    def _suspicious(self, pieces: pa.Array) -> list[bool]:
        """For each piece, whether something stands in it that a canary may be a part of."""
        found = [pc.match_substring_regex(pieces, pattern).to_pylist() for pattern in self.patterns]
        return [any(one) for one in zip(*found, strict=True)] if found else [False] * len(pieces)

    def _look_closely(self, begin: int, piece: bytes) -> tuple[set[Canary], list[tuple[int, Canary]]]:
        """The canaries whose spelling is strong, and the places of weak ones."""
        starts = range(0, len(piece), NEAR - LONGEST)
        nears = [piece[start : start + NEAR] for start in starts]
        found, weak = set(), []
        for start, near, is_near in zip(starts, nears, self._suspicious(pa.array(nears, pa.binary())), strict=True):
            for at, spelling, canary in self._needles_in(near) if is_near else ():
                if not spelling.is_weak:
                    found.add(canary)
                elif _stands_alone(near, at, spelling):
                    weak.append((begin + start + at, canary))
        return found, weak

    def _needles_in(self, near: bytes) -> Iterator[tuple[int, Spelling, Canary]]:
        for at in range(len(near) - SHORTEST + 1):
            for spelling, canary in self.needles.get(near[at : at + SHORTEST], ()):
                if near.startswith(spelling.content, at):
                    yield at, spelling, canary


def _anchors(needles: Sequence[tuple[Spelling, Canary]]) -> set[bytes]:
    """What stands wherever a needle does: the beginning or end that all of its kind share, or else the whole of it."""
    kinds: dict[str, list[bytes]] = defaultdict(list)
    anchors = {spelling.content for spelling, _ in needles if spelling.is_weak}
    for spelling, _ in needles:
        if not spelling.is_weak:
            kinds[spelling.kind].append(spelling.content)
    for contents in kinds.values():
        begin, end = _begin(contents), _begin([one[::-1] for one in contents])[::-1]
        shared = max(begin, end, key=len)
        anchors.update([shared] if len(shared) >= SHORTEST else contents)
    return anchors


def _begin(contents: Sequence[bytes]) -> bytes:
    """How all of them begin."""
    first, last = min(contents), max(contents)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    return first[:same]


def _stands_alone(near: bytes, at: int, spelling: Spelling) -> bool:
    """Whether its digits do not go on before or after it."""
    end = at + len(spelling.content)
    return not (set(near[max(0, at - 1) : at]) | set(near[end : end + 1])) & set(spelling.edge)


def _together(weak: Sequence[tuple[int, Canary]]) -> set[Canary]:
    """Those of which several of one day stand near each other."""
    found: set[Canary] = set()
    recent: deque[tuple[int, Canary]] = deque()
    for position, canary in sorted(weak):
        recent.append((position, canary))
        while position - recent[0][0] >= PIECE:
            recent.popleft()
        near = {one for _, one in recent if one.day == canary.day}
        found |= near if len(near) >= TOGETHER else set()
    return found
