"""The one door to disk: a place takes whole objects by name, and after a crash holds the old one or the new one.

What else would be written half, or seen half, does not exist for Lethe: no appending, no writing in place.
"""

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from schemas.refusals import RefusedError

NAME: Final = re.compile(r"[A-Za-z0-9_=.-]+(?:/[A-Za-z0-9_=.-]+)*")
TEMPORARY: Final = ".put-"
PRIVATE: Final = 0o700
ABANDONED: Final = 3600.0  # seconds; no put takes that long


class Trace(NamedTuple):
    """Something that lies in a place under a name: what `get` gives (`object`), or what is behind, beside or before it.

    `marker` says that an object was deleted, in a bucket that keeps its versions. `unfinished` is what a put or an
    upload left halfway. Where `is_newest`, removing it brings an older version back.
    """

    name: str
    kind: Literal["object", "version", "marker", "unfinished"]
    version: str = ""
    is_newest: bool = True


class Place(Protocol):
    """Where objects lie under names such as `days/2026-07-01.parquet`; only `put` and `remove` change it.

    What goes wrong on the way (no space, no permission, no answer) is an OSError, which a later run may not meet.
    `where` is the folder or address, for messages.
    """

    where: str

    def put(self, name: str, content: bytes) -> None:
        """Store the object, whole and on disk when this returns, in place of an older one of that name."""

    def remove(self, name: str) -> None:
        """Remove the object and every older version of it, for good when this returns; nothing where there is none."""

    def get(self, name: str) -> bytes:
        """The object's content; FileNotFoundError where there is none."""

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with `prefix`, in order."""

    def stamps(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """As `names`, each with a text that is another one as soon as the object has other content."""

    def traces(self, prefix: str = "") -> Iterator[Trace]:
        """Everything under names that begin with `prefix`, whatever of it can still be read by whom."""

    def read(self, trace: Trace) -> bytes:
        """The bytes of a trace, also of a version that hides; FileNotFoundError where it is gone, or has none."""

    def erase(self, trace: Trace) -> None:
        """Remove one trace for good, and no other one of its name; nothing where it is gone."""

    def clock(self) -> datetime | None:
        """What time (UTC) it is for whoever keeps the place, where that is somebody else."""

    def sweep(self) -> int:
        """Remove what crashes left half-written, where that can be. Returns how many files."""


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
        self.where = str(root)

    def put(self, name: str, content: bytes) -> None:
        """Temporary name, flush, fsync, rename, fsync of the folder."""
        path = self._path(name)
        self._make_folder(path.parent)
        temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}-{path.name}")
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                os.fchmod(file.fileno(), self.mode & 0o666)  # whatever the umask
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException as error:
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(path)  # a full disk does not say of itself which one it is
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)

    def remove(self, name: str) -> None:
        """Unlink, and fsync of the folder; what a killed `put` of that name left goes too."""
        path = self._path(name)
        for left in (path, *path.parent.glob(f"{TEMPORARY}*-{path.name}")):
            left.unlink(missing_ok=True)
        if path.parent.exists():
            sync_folder(path.parent)

    def get(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def names(self, prefix: str = "") -> Iterator[str]:
        return (name for name, _ in _files(self.root, prefix) if TEMPORARY not in name)

    def stamps(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Each `put` makes a new file; one that is removed on the way is left out."""
        for name, entry in _files(self.root, prefix):
            with suppress(FileNotFoundError):
                if TEMPORARY not in name:
                    found = entry.stat()
                    yield name, f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"

    def traces(self, prefix: str = "") -> Iterator[Trace]:
        """A folder keeps no versions; a killed `put` leaves half of a file."""
        for name, _ in _files(self.root, prefix):
            is_whole = TEMPORARY not in name
            yield Trace(name, "object") if is_whole else Trace(name, "unfinished", is_newest=False)

    def read(self, trace: Trace) -> bytes:
        return (self.root / trace.name).read_bytes()

    def erase(self, trace: Trace) -> None:
        path = self.root / trace.name
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_folder(path.parent)

    def clock(self) -> datetime | None:
        """A folder's clock is this machine's own, which proves nothing."""
        return None

    def sweep(self) -> int:
        """Remove what a crash left half-written an hour ago or longer. Returns how many files."""
        left = [path for path in self.root.rglob(f"{TEMPORARY}*") if time.time() - path.stat().st_mtime > ABANDONED]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _make_folder(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=self.mode, exist_ok=True)
            one.chmod(self.mode)  # whatever the umask
            sync_folder(one.parent)


def _files(root: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The names of all files that begin with a prefix, in order, folder by folder."""
    inside, slash, _ = prefix.rpartition("/")
    found = _below(os.fspath(root / inside), inside + slash)
    return ((name, entry) for name, entry in found if name.startswith(prefix))


def _below(folder: str, name: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All files of a folder, whose names begin with its own; one that may not be listed must not look empty."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    yield from ((f"{name}{entry.name}", entry) for entry in entries if not entry.is_dir())
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, f"{name}{entry.name}/")


def sync_folder(folder: Path) -> None:
    """Make sure that what was renamed or removed in a folder stays so."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
