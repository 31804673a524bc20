"""Which files a server is done with, by the names that a rotation gives."""

import re
from collections.abc import Iterable
from typing import Final

from plugins.logs.log_file import LogFile
from plugins.logs.origins import folder_and_name

# .1 and -20261128, only at the end: nobody knows whether a server still writes access-20261128.log
ROTATED: Final = re.compile(
    r"(?P<stem>.+?)(?:\.(?P<number>[0-9]{1,3})|[._-]20[0-9]{2}(?P<dash>-?)[01][0-9](?P=dash)[0-3][0-9])"
    r"(?:\.(?:gz|bz2|zst|xz))?",
    re.DOTALL,
)


def is_rotated(file: LogFile) -> bool:
    """Whether its name says so, and what it was rotated from is there and younger: else it may be the server's.

    Numbers are a rotation's where none is missing from 0 or 1 on; access.80 and access.443 are ports.
    """
    name = ROTATED.fullmatch(folder_and_name(file.name)[1])
    if not name:
        return False
    written = file.origin.neighbours()
    younger = [name["stem"]]
    if name["number"]:
        numbered = _numbered(written, name["stem"])
        first = min(numbered, default=0)
        lower = range(first, int(name["number"]))
        if first > 1 or not numbered.keys() >= set(lower):
            return False
        younger += [numbered[number] for number in lower]
    return any(written.get(one, 0.0) > file.changed_at for one in younger)


def _numbered(names: Iterable[str], stem: str) -> dict[int, str]:
    found = ((other, ROTATED.fullmatch(other)) for other in names)
    return {int(name["number"]): other for other, name in found if name and name["number"] and name["stem"] == stem}
