"""A log file at one moment: the ranges of its decompressed content, and pieces of what is new in it."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from plugins.logs.compression import CHUNK, LONGEST_MAGIC, Content, Packing, packing_of
from plugins.logs.fingerprints import EDGE
from plugins.logs.lines import Piece, read_pieces
from plugins.logs.local import Local
from plugins.logs.origins import ExchangedError, Origin, Signature
from schemas.refusals import EmptyError

UNKNOWN: Final = Packing("unknown", re.compile(b""), lambda: None)  # nobody has looked yet
SHARD_BYTES: Final = 16 * 1024 * 1024


class LogFile:
    """What stands in a file now; lines that are added later are not seen. EmptyError where nothing stands in it."""

    def __init__(self, where: Origin | Path) -> None:
        self.origin: Origin = Local(where) if isinstance(where, Path) else where
        self._look = self.origin.look()
        self._packing: Packing | None = UNKNOWN
        if not self.size:
            raise EmptyError(f"{self.name} is empty: there is nothing to read")

    @property
    def name(self) -> str:
        return self.origin.name

    @property
    def signature(self) -> Signature:
        return self._look.signature

    @property
    def size(self) -> int:
        """In bytes, as it lies there."""
        return self._look.size

    @property
    def changed_at(self) -> float:
        return self._look.changed_at

    @property
    def is_compressed(self) -> bool:
        return self.packing is not None

    @property
    def packing(self) -> Packing | None:
        """RefusedError where it is one that nobody here reads."""
        if self._packing is UNKNOWN:
            with self.opened(0):
                pass
        return self._packing

    def read(self, begin: int, end: int) -> bytes:
        """The content from `begin` to `end`, less where the file is shorter."""
        with self.opened(begin) as content:
            return content.read(end - begin)

    def length(self) -> int:
        """How many bytes the content has."""
        if not self.is_compressed:
            return self.size
        with self.opened(0) as content:
            return sum(len(chunk) for chunk in iter(lambda: content.read(CHUNK), b""))

    def is_prefix_of(self, other: "LogFile", begin: int) -> bool:
        """Whether the content from `begin` on is how the other's goes on from there."""
        with self.opened(begin) as mine, other.opened(begin) as theirs:
            while chunk := mine.read(CHUNK):
                if theirs.read(len(chunk)) != chunk:
                    return False
        return True

    def pieces(
        self, begin: int, is_final: bool, piece_bytes: int = SHARD_BYTES, fits: Callable[[bytes], bool] | None = None
    ) -> Iterator[Piece]:
        """The lines from `begin` on; half a line at the end only where no more will come.

        ExchangedError unless the EDGE bytes before `begin` are those that fit.
        """
        with self.opened(max(0, begin - EDGE)) as content:
            tail = content.read(begin - content.at)
            if fits and not fits(tail):
                raise ExchangedError(self.name)
            yield from read_pieces(content, tail, is_final, piece_bytes)

    def remove(self) -> bool:
        """Remove the file for good, if it still is the one that was looked at; whether that was done."""
        return self.origin.remove(self._look)

    @contextmanager
    def opened(self, begin: int) -> Iterator[Content]:
        """The content from `begin` on; it is at its end where it is shorter."""
        with closing(self.origin.open(self._look)) as raw:
            if self._packing is UNKNOWN:  # one look at the first bytes is enough, be it over a network
                self._packing = packing_of(raw.peek(LONGEST_MAGIC), self.name)
            content = Content(raw, self.name, self.size, self._packing)
            content.skip_to(begin)
            yield content
