"""What a file's first bytes say of how it is compressed, and its content; formats by the libraries that read them.

gzip by isal, in a third of zlib's CPU time; the others by the standard library and its backport. All of them have the
same face: `decompress(data, max_length)`, so that no file, whatever it grows to, takes more memory than is asked for.
"""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final, NamedTuple

from backports import zstd
from isal import igzip_lib

from plugins.logs.origins import UnfinishedError
from schemas.refusals import RefusedError

PACKED_BYTES: Final = 4096  # compressed bytes at a time: so near to the truth is how much they grow
CHUNK: Final = 1024 * 1024
MOST_MEMORY: Final = 100 << 20  # bytes; xz -9 takes 65 MB
# isal's types take its error for an instance
DAMAGE: Final[Any] = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zstd.ZstdError, igzip_lib.IsalError)


class Packing(NamedTuple):
    """A way to compress: what files begin with that are, and what decompresses one part (“member”, “frame”) of them."""

    name: str
    magic: re.Pattern[bytes]
    decompressor: Callable[[], Any]


PACKINGS: Final = (
    Packing("gzip", re.compile(rb"\x1f\x8b"), lambda: igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)),
    # second: frames to be skipped, with which those of several threads begin
    Packing("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), zstd.ZstdDecompressor),
    Packing("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    Packing("xz", re.compile(rb"\xfd7zXZ\0"), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_MEMORY)),
)
LONGEST_MAGIC: Final = 10
UNREAD: Final = {b"PK\x03\x04": "zip", b"\x04\x22\x4d\x18": "lz4", b"7z\xbc\xaf\x27\x1c": "7z", b"\x1f\x9d": "compress"}


def packing_of(begin: bytes, name: str) -> Packing | None:
    """How a file is compressed that begins so, or None; RefusedError where nobody here can read it."""
    for magic, unread in UNREAD.items():
        if begin.startswith(magic):
            raise RefusedError(f"{name} is compressed with {unread}, which is not read; decompress it, or use gzip")
    return next((packing for packing in PACKINGS if packing.magic.match(begin)), None)


class Content:
    """A file's decompressed bytes, in order; of a plain file those from the first `size`.

    `has_garbage`: something else follows the last compressed part. UnfinishedError where a part ends early or is
    damaged.
    """

    def __init__(self, raw: BinaryIO, name: str, size: int, packing: Packing | None) -> None:
        self.name, self.packing = name, packing
        self.has_garbage = False
        self.at = 0
        self._raw, self._size = raw, size
        self._rest = b""  # compressed, after the end of a part
        self._part: Any = packing.decompressor() if packing else None

    def read(self, length: int) -> bytes:
        """The next bytes; fewer only at the end."""
        if self._part is None:
            found = self._raw.read(max(0, min(length, self._size - self.at)))
        else:
            found = self._expand(length)
        self.at += len(found)
        return found

    def skip_to(self, begin: int) -> None:
        """Stand at an offset, or at the end."""
        if self._part is None:
            self._raw.seek(begin)
            self.at = begin
        while self.at < begin and self.read(min(CHUNK, begin - self.at)):
            pass

    @property
    def growth(self) -> float:
        """How many bytes came of each compressed one so far."""
        return self.at / max(1, self._raw.tell()) if self._part else 1.0

    def _expand(self, length: int) -> bytes:
        parts = []
        while length and (part := self._next(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _next(self, length: int) -> bytes:
        """Some bytes, none at the end."""
        while not self._part.eof or self._begin_part():
            packed = b""
            if self._part.needs_input:
                packed, self._rest = self._rest or self._raw.read(PACKED_BYTES), b""
                if not packed:
                    raise self._broken()
            try:
                part: bytes = self._part.decompress(packed, length)
            except DAMAGE:
                raise self._broken() from None
            if part:
                return part
        return b""

    def _begin_part(self) -> bool:
        """Whether another part follows; the NULs between and after parts are none."""
        packing = self.packing
        if packing is None or self.has_garbage:
            return False
        self._rest = (self._part.unused_data or self._rest).lstrip(b"\0")
        while len(self._rest) < LONGEST_MAGIC and (more := self._raw.read(PACKED_BYTES)):
            self._rest = (self._rest + more).lstrip(b"\0")
        if not self._rest:
            return False
        if packing.magic.match(self._rest):
            self._part = packing.decompressor()
            return True
        if len(self._rest) < LONGEST_MAGIC and _may_begin(self._rest):
            raise self._broken()
        self.has_garbage = True
        return False

    def _broken(self) -> UnfinishedError:
        packing = self.packing.name if self.packing else ""
        return UnfinishedError(f"{self.name} is a broken {packing} file; its content ends early or is damaged")


def _may_begin(rest: bytes) -> bool:
    """Whether a next part has perhaps just been begun."""
    return any(magic.startswith(rest) for magic in (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\0"))
