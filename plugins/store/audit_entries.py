"""Entries of the audit trail as they are written: each holds the hash of the one before."""

import json
from hashlib import sha256
from typing import Final, NamedTuple, NoReturn

from schemas.refusals import RefusedError

Link = tuple[int, str]  # an entry's number, SHA-256 of its line
BEGINNING: Final[Link] = (0, "0" * 64)
DAMAGED: Final = (ValueError, LookupError, TypeError, RecursionError)  # what reading JSON of others may raise


class TamperedError(RefusedError):
    """The trail, or a root, is not as it was written; says which file and line, and what is wrong with it."""


class Entry(NamedTuple):
    number: int
    digest: str
    previous: str
    handle: str | None

    @property
    def link(self) -> Link:
        return self.number, self.digest

    @property
    def before(self) -> Link:
        return self.number - 1, self.previous


def check_line(name: str, number: int, line: bytes, due: Link) -> Link:
    """The link that the line before must have, if this one has the link `due`."""
    entry = read_entry(name, number, line)
    if entry.link != due:
        what = "was changed"
        if entry.number < due[0]:
            what = f"is entry {entry.number}, changed, or entries {entry.number + 1} to {due[0]} are missing behind it"
        elif entry.number > due[0]:
            what = f"is entry {entry.number}, changed or inserted, where entry {due[0]} is due"
        tampered(f"{name}, line {number}", what)
    return entry.before


def read_entry(name: str, number: int, line: bytes) -> Entry:
    try:
        found = json.loads(line)
        return Entry(int(str(found["number"])), digest(line), str(found["previous"]), found["handle"])
    except DAMAGED:
        tampered(f"{name}, line {number}", "is no entry in JSON")


def digest(line: bytes) -> str:
    return sha256(line).hexdigest()


def tampered(where: str, what: str) -> NoReturn:
    raise TamperedError(f"audit trail: {where}: {what}")
