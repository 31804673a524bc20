"""The audit trail: what was done, when and in which role, chained by hashes so that no later change goes unseen.

Roots lie with the backups: whoever can only write the trail cannot write a new one that agrees with them.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from plugins.store.audit_entries import (
    BEGINNING,
    DAMAGED,
    Entry,
    Link,
    TamperedError,
    check_line,
    digest,
    read_entry,
    tampered,
)
from plugins.store.audit_facts import Fact, refuse_personal
from plugins.store.door import Place
from schemas.refusals import RefusedError

__all__ = ["Audit", "Lost", "TamperedError", "Verified"]

TRAIL: Final = ("", ".jsonl")  # what stands before and after the day in a name
ROOTS: Final = ("audit/", ".json")


@dataclass(frozen=True)
class Verified:
    """What the trail holds: how many entries and files, and the days of its first and last file."""

    entries: int
    days: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Lost:
    """Entries that were written and are not there any more: how many, and the hash of the last of them."""

    entries: int = 0
    end: str = ""


class Audit:
    """`place` holds a file of JSON lines a day, `roots` the number and hash of each day's last line.

    After a kill the trail is one entry ahead of its root, never behind. A trail whose end does not agree with it is not
    continued: put it back from a backup, or set both folders aside as evidence, and a new one begins.
    """

    def __init__(self, place: Place, roots: Place, locked: Callable[[str], AbstractContextManager[None]]) -> None:
        self.place, self.roots, self.locked = place, roots, locked

    def append(self, at: datetime, actor: str, action: str, once: str | None = None, **facts: Fact) -> None:
        """Add an entry behind the last one; with `once`, a handle, only if no entry that is kept has it.

        `actor` is a role. RefusedError for a fact that could be a visitor's address, URL or words; TamperedError.
        """
        refuse_personal([("actor", actor), ("action", action), ("handle", once or ""), *facts.items()])
        if at.tzinfo is None:
            raise RefusedError("an audit entry needs an instant with its zone")
        with self.locked("audit"):
            newest, (number, previous) = self._mend()
            if once is not None and self.has(once):
                return
            instant = at.astimezone(UTC)
            day = max(newest, instant.date())  # the clock may have gone back; the trail does not
            entry = {"number": number + 1, "at": instant.isoformat(timespec="seconds"), "actor": actor}
            entry |= {"action": action, "handle": once, "facts": facts, "previous": previous}
            line = json.dumps(entry, separators=(",", ":")).encode()
            before = self.place.get(_name(TRAIL, day)) if day == newest else b""
            self.place.put(_name(TRAIL, day), before + line + b"\n")
            self._put_root(day, (number + 1, digest(line)))

    def verify(self) -> Verified:
        """Read everything from the newest root back; TamperedError names the first thing that is not as written."""
        with self.locked("audit"):
            days, roots = self._look()
            if not days:
                return Verified(0, 0, None, None)
            entries = self._check_chain(days, roots, self._last(days, roots).link)
            return Verified(entries, len(days), days[0], days[-1])

    def has(self, handle: str) -> bool:
        """Whether an entry that is kept has it."""
        return any(
            read_entry(_name(TRAIL, day), number, line).handle == handle
            for day in reversed(_days(self.place, TRAIL))
            for number, line in enumerate(self._lines(day), 1)
        )

    def is_whole(self) -> bool:
        """Whether there is a trail, and it is as it was written."""
        try:
            return self.verify().entries > 0
        except TamperedError:
            return False

    def look_for_lost(self) -> Lost:
        """What the roots know beyond the end of a trail that comes back; TamperedError where they disagree before it.

        Where there are no roots, nothing proves a trail: all of it counts as lost.
        """
        with self.locked("audit"):
            days, roots = _days(self.place, TRAIL), _days(self.roots, ROOTS)
            known = self._root(roots[-1]) if roots else BEGINNING
            if not days:
                return Lost(*known) if roots else Lost()
            last = self._newest(days[-1])
            if not roots:
                return Lost(*last.link)
            older = [day for day in roots if day <= days[-1]]
            if missing := [day for day in older if day not in days and day > days[0]]:
                tampered(_name(TRAIL, missing[0]), f"is missing; its root is in {self.roots.where}")
            self._check_chain(days, older, last.link)
            end = self._root(older[-1]) if older else BEGINNING
            if end not in (last.link, last.before) and (end[0] <= last.number or older[-1] < days[-1]):
                tampered(_name(TRAIL, days[-1]), f"does not agree with its root in {self.roots.where}")
            return Lost(known[0] - last.number, known[1]) if known[0] > last.number else Lost()

    def fall_back(self) -> None:
        """Let the roots end where a trail ends that was brought back, so that it can be continued.

        What `look_for_lost` found belongs into its next entry.
        """
        with self.locked("audit"):
            days, roots = _days(self.place, TRAIL), _days(self.roots, ROOTS)
            for day in reversed(roots):
                if not days or day > days[-1]:
                    self.roots.remove(_name(ROOTS, day))
            if days:
                self._put_root(days[-1], self._newest(days[-1]).link)

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
                tampered(_name(TRAIL, day), f"is missing; its root is in {self.roots.where}")
        return days, roots

    def _check_chain(self, days: list[date], roots: list[date], due: Link) -> int:
        """How many entries there are, from the last one, which has the link `due`, back to the first."""
        entries = 0
        for day in reversed(days):
            end, lines = due, self._lines(day)
            for number in range(len(lines), 0, -1):
                due = check_line(_name(TRAIL, day), number, lines[number - 1], due)
            if day != days[-1]:
                self._check_root(day, end)
            entries += len(lines)
        if expired := [day for day in roots if day < days[0]]:
            self._check_root(expired[-1], due)
        return entries

    def _newest(self, day: date) -> Entry:
        """The last entry of a day."""
        lines = self._lines(day)
        return read_entry(_name(TRAIL, day), len(lines), lines[-1])

    def _mend(self) -> tuple[date, Link]:
        """The day and link of the last entry; its root is written if a kill came before that."""
        days, roots = self._look()
        if not days:
            return date.min, BEGINNING
        last = self._last(days, roots)
        if days[-1:] != roots[-1:] or self._root(days[-1]) != last.link:
            self._put_root(days[-1], last.link)
        return days[-1], last.link

    def _last(self, days: list[date], roots: list[date]) -> Entry:
        """The last entry; the newest root must know it, or the one before it."""
        lines = self._lines(days[-1])
        last = read_entry(_name(TRAIL, days[-1]), len(lines), lines[-1])
        known = self._root(roots[-1]) if roots else BEGINNING
        if known == last.before or (known == last.link and roots[-1] == days[-1]):
            return last
        if roots:
            check_line(_name(TRAIL, days[-1]), len(lines), lines[-1], known)
        tampered(f"{_name(TRAIL, days[-1])}, line {len(lines)}", f"has no root in {self.roots.where}")

    def _lines(self, day: date) -> list[bytes]:
        *lines, rest = self.place.get(_name(TRAIL, day)).split(b"\n")
        if rest or not lines:
            tampered(f"{_name(TRAIL, day)}, line {len(lines) + 1}", "is cut off")
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
            tampered(f"{_name(ROOTS, day)} in {self.roots.where}", "is damaged")
        return link

    def _check_root(self, day: date, due: Link) -> None:
        name = f"{_name(ROOTS, day)} in {self.roots.where}"
        try:
            found = self._root(day)
        except FileNotFoundError:
            tampered(name, "is missing")
        if found != due:
            tampered(name, f"does not agree with the trail, where entry {due[0]} ends that day")


def _write_root(day: date, link: Link) -> bytes:
    return json.dumps({"day": str(day), "entries": link[0], "hash": link[1]}).encode()


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
