"""A log file at one moment: the ranges of its decompressed content, and shards of what is new in it."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from plugins.logs.files import LONGEST_LINE, open_log
from schemas.refusals import RefusedError

SHARD_BYTES: Final = 64 * 1024 * 1024
CHUNK: Final = 1024 * 1024


class UnfinishedError(RefusedError):
    """A file that somebody is still working on, or a damaged compressed one; the next run looks again."""


class ExchangedError(UnfinishedError):
    """A file that was renamed, removed or truncated since the first look, as in a rotation."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was exchanged while it was read")


class LogFile:
    """What stands in a file now; lines that are added later are not seen.

    `signature` changes with every write: device, inode, size, time of change in nanoseconds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(open_log(path)) as stream:
            self.is_compressed = isinstance(stream, gzip.GzipFile)
            found = os.fstat(stream.fileno())  # not of the path, which may be another file by now
        self.size = found.st_size
        self.changed_at = found.st_mtime
        self.signature = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)

    def read(self, begin: int, end: int) -> bytes:
        """The content from `begin` to `end`, less where the file is shorter."""
        with self.opened(begin) as stream:
            return stream.read(self._most(begin, end - begin))

    def length(self) -> int:
        """How many bytes the content has."""
        if not self.is_compressed:
            return self.size
        with self.opened(0) as stream:
            return sum(len(chunk) for chunk in iter(lambda: stream.read(CHUNK), b""))

    def is_prefix_of(self, other: "LogFile", begin: int) -> bool:
        """Whether the content from `begin` on is how the other's goes on from there."""
        with self.opened(begin) as mine, other.opened(begin) as theirs:
            while chunk := mine.read(CHUNK):
                if theirs.read(len(chunk)) != chunk:
                    return False
        return True

    def shards(self, begin: int, is_final: bool, shard_bytes: int = SHARD_BYTES) -> Iterator[tuple[int, bytes]]:
        """The content from `begin` on as (offset, lines); half a line at the end only where no more will come."""
        rest = b""
        with self.opened(begin) as stream:
            while True:
                wanted = max(shard_bytes - len(rest), min(shard_bytes, CHUNK))
                rest += (read := stream.read(self._most(begin + len(rest), wanted)))
                at_end = len(read) < wanted
                cut = len(rest) if at_end and is_final else rest.rfind(b"\n") + 1
                if not cut and len(rest) > LONGEST_LINE:
                    raise RefusedError(f"{self.path} has no line end in {LONGEST_LINE >> 20} MB; it is not a log")
                if cut:
                    yield begin, rest[:cut]
                begin, rest = begin + cut, rest[cut:]
                if at_end:
                    return

    @contextmanager
    def opened(self, begin: int) -> Iterator[BinaryIO]:
        """The content as a stream that stands at `begin`, or at its end."""
        if not self.path.exists():
            raise ExchangedError(self.path)
        with closing(open_log(self.path)) as stream:
            found = os.fstat(stream.fileno())
            if (found.st_dev, found.st_ino) != self.signature[:2] or found.st_size < self.size:
                raise ExchangedError(self.path)
            try:
                stream.seek(begin)
                yield stream
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise UnfinishedError(f"{self.path} is a broken gzip file; its content ends early") from None

    def _most(self, begin: int, length: int) -> int:
        return length if self.is_compressed else max(0, min(length, self.size - begin))
