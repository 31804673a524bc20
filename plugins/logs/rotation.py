"""Which files a server is done with: by the names that a rotation gives, and by who can write to them now."""

import re
import stat
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import Final

from plugins.logs.log_file import LogFile

Inode = tuple[int, int]  # device, and number on it

# .1 and -20261128, only at the end: nobody knows whether a server still writes access-20261128.log
ROTATED: Final = re.compile(
    r"(?P<stem>.+?)(?:\.(?P<number>[0-9]{1,3})|[._-]20[0-9]{2}(?P<dash>-?)[01][0-9](?P=dash)[0-3][0-9])"
    r"(?:\.(?:gz|bz2|zst|xz))?",
    re.DOTALL,
)
WRITABLE: Final = 0o200  # of the link that /proc shows for an open file


def is_rotated(file: LogFile) -> bool:
    """Whether its name says so, and what it was rotated from is there and younger: else it may be the server's.

    Numbers are a rotation's where none is missing from 0 or 1 on; access.80 and access.443 are ports.
    """
    path = file.path
    name = ROTATED.fullmatch(path.name)
    if not name:
        return False
    younger = [path.with_name(name["stem"])]
    if name["number"]:
        numbered = _numbered(path.parent, name["stem"])
        first = min(numbered, default=0)
        lower = range(first, int(name["number"]))
        if first > 1 or not numbered.keys() >= set(lower):
            return False
        younger += [numbered[number] for number in lower]
    return any(_written(one) > file.changed_at for one in younger)


def held_for_writing() -> set[Inode]:
    """The files that processes can write to now, as far as this user may know: all for root, else the user's own."""
    found = set()
    for handle in map(Path, glob("/proc/[0-9]*/fd/*")):  # noqa: PTH207 - bears with processes that end meanwhile
        with suppress(OSError):
            if handle.lstat().st_mode & WRITABLE:
                status = handle.stat()
                found.add((status.st_dev, status.st_ino))
    return found


def _numbered(folder: Path, stem: str) -> dict[int, Path]:
    found = ((other, ROTATED.fullmatch(other.name)) for other in folder.iterdir())
    return {int(name["number"]): other for other, name in found if name and name["number"] and name["stem"] == stem}


def _written(path: Path) -> float:
    """When lines were last written. An empty file tells nothing: the server may not have been told of the rotation."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size:
            return found.st_mtime
    return 0.0
