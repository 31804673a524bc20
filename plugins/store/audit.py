"""The audit trail: what was done, when and in which role, chained by hashes so that no later change goes unseen.

Roots lie with the backups: whoever can only write the trail cannot write a new one that agrees with them.
"""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final, NamedTuple, NoReturn

from plugins.store.door import Place
from schemas.refusals import RefusedError
from transforms.anonymising.addresses import read_address
from transforms.anonymising.text import scrub_text

Link = tuple[int, str]  # an entry's number, SHA-256 of its line
BEGINNING: Final[Link] = (0, "0" * 64)
TRAIL: Final = ("", ".jsonl")  # what stands before and after the day in a name
ROOTS: Final = ("audit/", ".json")
DAMAGED: Final = (ValueError, LookupError, TypeError, RecursionError)  # what reading JSON of others may raise
LONGEST: Final = 200
WORDS: Final = re.compile(r"(?:[^\W\d]|[0-9 .,:;()+-]|/(?!/))*")  # no query, escape, user name or scheme
DASHED: Final = re.compile(r"(?<![0-9])[0-9]{1,3}([-_])[0-9]{1,3}\1[0-9]{1,3}\1[0-9]{1,3}(?![0-9])")  # host-192-0-2-1


class TamperedError(RefusedError):
    """The trail, or a root, is not as it was written; says which file and line, and what is wrong with it."""


@dataclass(frozen=True)
class Verified:
    """What the trail holds: how many entries and files, and the days of its first and last file."""

    entries: int
    days: int
    first: date | None
    last: date | None


class _Entry(NamedTuple):
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


class Audit:
    """`place` holds a file of JSON lines a day, `roots` the number and hash of each day's last line.

    After a kill the trail is one entry ahead of its root, never behind. A trail whose end does not agree with it is not
    continued: put it back from a backup, or set both folders aside as evidence, and a new one begins.
    """

    def __init__(self, place: Place, roots: Place, locked: Callable[[str], AbstractContextManager[None]]) -> None:
        self.place, self.roots, self.locked = place, roots, locked

    def append(
        self, at: datetime, actor: str, action: str, once: str | None = None, **facts: int | str | list[str]
    ) -> None:
        """Add an entry behind the last one; with `once`, a handle, only if no entry that is kept has it.

        `actor` is a role. RefusedError for a fact that could be a visitor's address, URL or words; TamperedError.
        """
        _refuse_personal([("actor", actor), ("action", action), ("handle", once or ""), *facts.items()])
        if at.tzinfo is None:
            raise RefusedError("an audit entry needs an instant with its zone")
        with self.locked("audit"):
            newest, (number, previous) = self._mend()
            if once is not None and self._has(once):
                return
            instant = at.astimezone(UTC)
            day = max(newest, instant.date())  # the clock may have gone back; the trail does not
            entry = {"number": number + 1, "at": instant.isoformat(timespec="seconds"), "actor": actor}
            entry |= {"action": action, "handle": once, "facts": facts, "previous": previous}
            line = json.dumps(entry, separators=(",", ":")).encode()
            before = self.place.get(_name(TRAIL, day)) if day == newest else b""
            self.place.put(_name(TRAIL, day), before + line + b"\n")
            self._put_root(day, (number + 1, _digest(line)))

    def verify(self) -> Verified:
        """Read everything from the newest root back; TamperedError names the first thing that is not as written."""
        with self.locked("audit"):
            days, roots = self._look()
            if not days:
                return Verified(0, 0, None, None)
            due, entries = self._last(days, roots).link, 0
            for day in reversed(days):
                end, lines = due, self._lines(day)
                for number in range(len(lines), 0, -1):
                    due = _check_line(_name(TRAIL, day), number, lines[number - 1], due)
                if day != days[-1]:
                    self._check_root(day, end)
                entries += len(lines)
            if expired := [day for day in roots if day < days[0]]:
                self._check_root(expired[-1], due)
            return Verified(entries, len(days), days[0], days[-1])

    def expire(self, before: date) -> None:
        """Remove files and roots of days before `before`, oldest first; the newest file stays."""
        with self.locked("audit"):
            newest, _ = self._mend()
            for day in sorted({*_days(self.place, TRAIL), *_days(self.roots, ROOTS)}):
                if day < min(before, newest):
                    self.place.remove(_name(TRAIL, day))
                    self.roots.remove(_name(ROOTS, day))

    def _look(self) -> tuple[list[date], list[date]]:
        """The days of the files and of the roots; of the oldest, which may be expired, a root may be left."""
        days, roots = _days(self.place, TRAIL), _days(self.roots, ROOTS)
        for day in roots:
            if day not in days and day > min(days, default=date.min):
                _tampered(_name(TRAIL, day), f"is missing; its root is in {self.roots.where}")
        return days, roots

    def _mend(self) -> tuple[date, Link]:
        """The day and link of the last entry; its root is written if a kill came before that."""
        days, roots = self._look()
        if not days:
            return date.min, BEGINNING
        last = self._last(days, roots)
        if days[-1:] != roots[-1:] or self._root(days[-1]) != last.link:
            self._put_root(days[-1], last.link)
        return days[-1], last.link

    def _last(self, days: list[date], roots: list[date]) -> _Entry:
        """The last entry; the newest root must know it, or the one before it."""
        lines = self._lines(days[-1])
        last = _read_entry(_name(TRAIL, days[-1]), len(lines), lines[-1])
        known = self._root(roots[-1]) if roots else BEGINNING
        if known == last.before or (known == last.link and roots[-1] == days[-1]):
            return last
        if roots:
            _check_line(_name(TRAIL, days[-1]), len(lines), lines[-1], known)
        _tampered(f"{_name(TRAIL, days[-1])}, line {len(lines)}", f"has no root in {self.roots.where}")

    def _has(self, handle: str) -> bool:
        return any(
            _read_entry(_name(TRAIL, day), number, line).handle == handle
            for day in reversed(_days(self.place, TRAIL))
            for number, line in enumerate(self._lines(day), 1)
        )

    def _lines(self, day: date) -> list[bytes]:
        *lines, rest = self.place.get(_name(TRAIL, day)).split(b"\n")
        if rest or not lines:
            _tampered(f"{_name(TRAIL, day)}, line {len(lines) + 1}", "is cut off")
        return lines

    def _put_root(self, day: date, link: Link) -> None:
        self.roots.put(_name(ROOTS, day), _write_root(day, link))

    def _root(self, day: date) -> Link:
        content = self.roots.get(_name(ROOTS, day))
        try:
            found = json.loads(content)
            link = int(str(found["entries"])), str(found["hash"])
        except DAMAGED:
            link = BEGINNING
        if content != _write_root(day, link):
            _tampered(f"{_name(ROOTS, day)} in {self.roots.where}", "is damaged")
        return link

    def _check_root(self, day: date, due: Link) -> None:
        name = f"{_name(ROOTS, day)} in {self.roots.where}"
        try:
            found = self._root(day)
        except FileNotFoundError:
            _tampered(name, "is missing")
        if found != due:
            _tampered(name, f"does not agree with the trail, where entry {due[0]} ends that day")


def _check_line(name: str, number: int, line: bytes, due: Link) -> Link:
    """The link that the line before must have, if this one has the link `due`."""
    entry = _read_entry(name, number, line)
    if entry.link != due:
        what = "was changed"
        if entry.number < due[0]:
            what = f"is entry {entry.number}, changed, or entries {entry.number + 1} to {due[0]} are missing behind it"
        elif entry.number > due[0]:
            what = f"is entry {entry.number}, changed or inserted, where entry {due[0]} is due"
        _tampered(f"{name}, line {number}", what)
    return entry.before


def _read_entry(name: str, number: int, line: bytes) -> _Entry:
    try:
        found = json.loads(line)
        return _Entry(int(str(found["number"])), _digest(line), str(found["previous"]), found["handle"])
    except DAMAGED:
        _tampered(f"{name}, line {number}", "is no entry in JSON")


def _write_root(day: date, link: Link) -> bytes:
    return json.dumps({"day": str(day), "entries": link[0], "hash": link[1]}).encode()


def _digest(line: bytes) -> str:
    return sha256(line).hexdigest()


def _name(kind: tuple[str, str], day: date) -> str:
    return f"{kind[0]}{day}{kind[1]}"


def _days(place: Place, kind: tuple[str, str]) -> list[date]:
    """The days of the objects of a kind, in order; whatever else lies there is no part of the trail."""
    days = []
    for name in place.names(kind[0]):
        with suppress(ValueError):
            day = date.fromisoformat(name[len(kind[0]) : -len(kind[1])])
            days += [day] if _name(kind, day) == name else []
    return sorted(days)


def _tampered(where: str, what: str) -> NoReturn:
    raise TamperedError(f"audit trail: {where}: {what}")


def _refuse_personal(facts: Iterable[tuple[str, int | str | list[str]]]) -> None:
    for name, value in facts:
        if not name.isidentifier():
            raise RefusedError("the name of an audit fact is a word of the code, never of the data")
        texts = [] if isinstance(value, int) else [value] if isinstance(value, str) else value
        if not all(map(_is_harmless, texts)):
            raise RefusedError(f"{name!r} is not fit for the audit trail; allowed are counts, days and short words")


def _is_harmless(text: str) -> bool:
    return (
        len(text) <= LONGEST
        and WORDS.fullmatch(text) is not None
        and DASHED.search(text) is None
        and read_address(text) is None
        and scrub_text(text, "error_message") == text
    )
