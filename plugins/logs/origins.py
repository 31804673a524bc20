"""Where a file of a log lies: what is asked of a path, of a key in an object store and of a file over SFTP alike."""

import io
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Final, NamedTuple, Protocol, cast

from schemas.refusals import RefusedError

Signature = tuple[int, int, int, int]
ASIDE: Final = ".lethe-"  # what is being removed, or what a kill left
LEFT_ASIDE: Final = re.compile(r"\.lethe-[0-9a-f]{16}-(.+)", re.DOTALL)
REMOTE: Final = re.compile(r"(s3|sftp)://")
FIRST_FETCH: Final = 64 * 1024
LARGEST_FETCH: Final = 8 * 1024 * 1024


class UnfinishedError(RefusedError):
    """A file that somebody is still working on, or a damaged compressed one; the next run looks again."""


class ExchangedError(UnfinishedError):
    """A file that was renamed, removed, replaced or truncated since the first look, as in a rotation."""

    def __init__(self, name: object) -> None:
        super().__init__(f"{name} was exchanged while it was read")


class OutOfReachError(RefusedError):
    """What keeps a log does not answer, or lets nobody in: the trouble of this log and of no other."""


class Look(NamedTuple):
    """How a file looked at one moment: `signature` is another one after every write, its third number the size."""

    signature: Signature
    changed_at: float  # seconds since 1970

    @property
    def size(self) -> int:
        return self.signature[2]


class Origin(Protocol):
    """The place of one file. What goes wrong there is a RefusedError, never an OSError, which would be the store's."""

    @property
    def name(self) -> str:
        """The whole path or address: for messages, and to find the file again."""

    def look(self) -> Look:
        """How the file looks now."""

    def open(self, look: Look) -> io.BufferedReader:
        """Its bytes as they lie there; ExchangedError where it is not the file any more that was looked at."""

    def neighbours(self) -> Mapping[str, float]:
        """Names in its folder, its own too, with the time at which lines were last written; 0 for an empty file."""

    def is_free(self) -> bool:
        """Whether it has no other name and, as far as this machine can know, nobody who writes to it."""

    def remove(self, look: Look) -> bool:
        """Remove it for good, in every version, if it still is the one that was looked at; whether that was done.

        It is renamed first where that can be: between a look and a removal a rotation may put another file there.
        """

    def put_back(self) -> None:
        """Give a file its name again that a killed `remove` had renamed.

        Where another file has it by now, one that the log's patterns fit all the same.
        """


def aside_of(path: str) -> str:
    folder, last = folder_and_name(path)
    return f"{folder}/{ASIDE}{secrets.token_hex(8)}-{last}"


def before_aside(path: str) -> str:
    """The path that a file had before it was set aside; empty for another file."""
    folder, last = folder_and_name(path)
    name = LEFT_ASIDE.fullmatch(last)
    return f"{folder}/{name[1]}" if name else ""


def folder_and_name(name: str) -> tuple[str, str]:
    folder, _, last = name.rpartition("/")
    return folder, last


def number_of(name: str) -> int:
    """For a signature, where no system numbers its files."""
    return int(sha256(name.encode(errors="replace")).hexdigest()[:13], 16)


@contextmanager
def within_reach(name: str) -> Iterator[None]:
    """What goes wrong on the way to another machine is told as this file's own trouble."""
    try:
        yield
    except FileNotFoundError:
        raise ExchangedError(name) from None
    except OSError as error:
        raise OutOfReachError(f"{name} is out of reach: {error.strerror or type(error).__name__}") from None


class Fetched(io.RawIOBase):
    """Bytes that are fetched from elsewhere, more at a time the longer somebody reads on; memory stays bounded."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, end: Callable[[], None] | None = None) -> None:
        self._fetch, self._size, self._end = fetch, size, end
        self._at = 0
        self._block, self._begin = b"", 0
        self._most = FIRST_FETCH

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        if not self._begin <= self._at < self._begin + len(self._block):
            self._load()
        found = self._block[self._at - self._begin :][: len(view)]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        if self._end and not self.closed:
            self._end()
        super().close()

    def _load(self) -> None:
        goes_on = self._block and self._at == self._begin + len(self._block)
        self._most = min(2 * self._most, LARGEST_FETCH) if goes_on else FIRST_FETCH
        end = min(self._at + self._most, self._size)
        self._begin = self._at
        self._block = self._fetch(self._at, end) if end > self._at else b""


def fetched_stream(
    fetch: Callable[[int, int], bytes], size: int, end: Callable[[], None] | None = None
) -> io.BufferedReader:
    """A stream of `size` bytes; `fetch` gets those from one offset to another, `end` is called when it is closed."""
    return io.BufferedReader(Fetched(fetch, size, end), FIRST_FETCH)
