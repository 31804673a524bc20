"""The one door to disk: a place takes whole objects by name, and after a crash holds the old one or the new one.

What else would be written half, or seen half, does not exist for Lethe: no appending, no writing in place.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from schemas.refusals import RefusedError

NAME: Final = re.compile(r"[A-Za-z0-9_=.-]+(?:/[A-Za-z0-9_=.-]+)*")
TEMPORARY: Final = ".put-"
PRIVATE: Final = 0o700


class Place(Protocol):
    """Where objects lie under names such as `days/2026-07-01.parquet`; only `put` and `remove` change it."""

    def put(self, name: str, content: bytes) -> None:
        """Store the object, whole and on disk when this returns, in place of an older one of that name."""

    def remove(self, name: str) -> None:
        """Remove the object, for good when this returns; nothing happens where there is none."""

    def get(self, name: str) -> bytes:
        """The object's content; FileNotFoundError where there is none."""

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with `prefix`, in order."""


def check_name(name: str) -> str:
    """The name itself, if it stays inside its place on every kind of place."""
    if not NAME.fullmatch(name) or any(part.startswith(".") for part in name.split("/")):
        raise RefusedError(f"{name!r} is no name of an object; allowed are letters, digits and _=.- between slashes")
    return name


class Folder:
    """A place on a local disk. `mode` is that of its folders; files have the same without execution."""

    def __init__(self, root: Path, mode: int = PRIVATE) -> None:
        self.root = root
        self.mode = mode

    def put(self, name: str, content: bytes) -> None:
        """Temporary name, flush, fsync, rename, fsync of the folder."""
        path = self._path(name)
        self._make_folder(path.parent)
        temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                os.fchmod(file.fileno(), self.mode & 0o666)  # whatever the umask
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync(path.parent)

    def remove(self, name: str) -> None:
        """Unlink, and fsync of the folder."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        _sync(path.parent)

    def get(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def names(self, prefix: str = "") -> Iterator[str]:
        for folder, folders, files in os.walk(self.root):
            folders.sort()
            found = (Path(folder, file).relative_to(self.root).as_posix() for file in sorted(files))
            yield from (name for name in found if name.startswith(prefix) and TEMPORARY not in name)

    def sweep(self) -> int:
        """Remove what a crash left half-written; only while nobody else writes. Returns how many files."""
        left = list(self.root.rglob(f"{TEMPORARY}*"))
        for path in left:
            path.unlink()
        return len(left)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _make_folder(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=self.mode, exist_ok=True)
            one.chmod(self.mode)  # whatever the umask
            _sync(one.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
