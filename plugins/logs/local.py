"""Log files on this machine's own disks."""

import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from io import BufferedReader
from pathlib import Path
from typing import Final, cast

from plugins.logs.origins import ExchangedError, Look, aside_of, before_aside
from plugins.store.door import sync_folder
from schemas.refusals import RefusedError

BUFFER: Final = 256 * 1024
WRITABLE: Final = 0o200  # of the link that /proc shows for an open file


@dataclass(frozen=True)
class Local:
    """A path; what may not be read, or is no file, is refused by its name."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def look(self) -> Look:
        with closing(self._open()) as stream:
            return _look(os.fstat(stream.fileno()))  # not of the path, which may be another file by now

    def open(self, look: Look) -> BufferedReader:
        if not self.path.exists():
            raise ExchangedError(self.path)
        stream = self._open()
        found = _look(os.fstat(stream.fileno()))
        if found.signature[:2] != look.signature[:2] or found.size < look.size:
            stream.close()
            raise ExchangedError(self.path)
        return stream

    def neighbours(self) -> Mapping[str, float]:
        """An empty file tells nothing: the server may not have been told of the rotation."""
        found = {}
        for path in self.path.parent.iterdir():
            with suppress(OSError):
                status = path.stat()
                found[path.name] = status.st_mtime if stat.S_ISREG(status.st_mode) and status.st_size else 0.0
        return found

    def is_free(self) -> bool:
        """What is linked elsewhere is there for somebody else, and would stay there."""
        status = self.path.lstat()
        if stat.S_ISLNK(status.st_mode) or status.st_nlink > 1:
            return False
        return (status.st_dev, status.st_ino) not in _held_for_writing()

    def remove(self, look: Look) -> bool:
        aside = Path(aside_of(str(self.path)))
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return False
        found = aside.lstat()
        if _look(found).signature != look.signature or found.st_nlink > 1:
            Local(aside).put_back()
            return False
        aside.unlink()
        sync_folder(self.path.parent)
        return True

    def put_back(self) -> None:
        path = Path(before_aside(self.name))
        try:
            os.link(self.path, path)
        except FileExistsError:
            self.path.rename(path.with_name(f"{path.name}.{secrets.token_hex(4)}"))
        else:
            self.path.unlink()

    def _open(self) -> BufferedReader:
        path = self.path
        with _in_words(path):
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                raise RefusedError(f"{path} is a folder; name the log files in it")
            if not stat.S_ISREG(found.st_mode):
                raise RefusedError(
                    f"{path} is no file but a pipe or a device, which cannot be read twice; store it first"
                )
            return cast(BufferedReader, path.open("rb", BUFFER))


def local_files(pattern: Path) -> Iterator[Local]:
    """The paths that fit."""
    return (Local(Path(path)) for path in glob(str(pattern)))  # noqa: PTH207 - patterns may be absolute


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise RefusedError(f"{path} does not exist") from None
    except PermissionError:
        raise RefusedError(f"{path} may not be read by this user; give them read permission") from None
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None


def _look(found: os.stat_result) -> Look:
    """Device, inode, size, time of change in nanoseconds."""
    return Look((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns), found.st_mtime)


def _held_for_writing() -> set[tuple[int, int]]:
    """The files that processes can write to now, as far as this user may know: all for root, else the user's own."""
    found = set()
    for handle in map(Path, glob("/proc/[0-9]*/fd/*")):  # noqa: PTH207 - bears with processes that end meanwhile
        with suppress(OSError):
            if handle.lstat().st_mode & WRITABLE:
                status = handle.stat()
                found.add((status.st_dev, status.st_ino))
    return found
