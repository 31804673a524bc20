"""A key a day, in two places and nowhere else: where it is shredded, the day cannot be read by anybody any more."""

import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

from plugins.store.door import NAME, Place
from schemas.refusals import RefusedError

BYTES: Final = 32
STORE_KEY: Final = "store"
KEY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.[0-9]+")
PROCESS_ONLY: Final = "import"  # the generation of keys that are never written


class KeyProblemError(RefusedError):
    """A key is missing or damaged, or its day may not be opened any more."""


@dataclass(frozen=True)
class DayKey:
    """The secret under which a day's objects are written; the generation is part of their names."""

    day: date
    generation: str
    secret: bytes = field(repr=False)


def process_only_key(day: date) -> DayKey:
    """A key for an imported day; it ends with this process."""
    return DayKey(day, PROCESS_ONLY, secrets.token_bytes(BYTES))


class DayKeys:
    """`main` and `mirror` hold the same files `<day>.<generation>`; `admit` raises for a day that may not be opened."""

    def __init__(self, main: Place, mirror: Place, admit: Callable[[date], None]) -> None:
        self.main, self.mirror, self.admit = main, mirror, admit

    def days(self) -> set[date]:
        """The days of which a key is left on either side."""
        names = (KEY.fullmatch(name) for place in (self.main, self.mirror) for name in place.names())
        return {date.fromisoformat(match[1]) for match in names if match}

    def generations(self, day: date) -> list[str]:
        """The generations left on either side, the newest last."""
        prefix = f"{day}."
        names = {name for place in (self.main, self.mirror) for name in place.names(prefix) if KEY.fullmatch(name)}
        return sorted((name.removeprefix(prefix) for name in names), key=int)

    def get(self, day: date, generation: str) -> DayKey:
        """The key of a generation that a receipt names; KeyProblemError says what is wrong with it."""
        self.admit(day)
        return DayKey(day, generation, self._read(f"{day}.{generation}"))

    def look(self, day: date, generation: str) -> DayKey:
        """As `get`, without the day's lock: a side that lacks the key stays so, it may be about to be shredded."""
        self.admit(day)
        return DayKey(day, generation, self._find(f"{day}.{generation}"))

    def current(self, day: date, may_make: bool = True) -> DayKey:
        """The newest key of an open day; the day's lock is held. One is made if nothing was ever sealed for the day."""
        self.admit(day)
        generations = self.generations(day)
        if generations or not may_make:
            return self.get(day, generations[-1] if generations else "1")
        return self._make(day, 1)

    def renew(self, day: date) -> DayKey:
        """A further generation, for a day that is rewritten; the day's lock is held."""
        self.admit(day)
        return self._make(day, int(self.generations(day)[-1]) + 1)

    def shred(self, day: date, generations: Iterable[str] | None = None) -> None:
        """Remove keys of a day (all if not said which) on both sides, and make sure; the day's lock is held.

        Copies that somebody set aside, such as `<day>.<generation>.bak`, go too.
        """
        wanted = [str(day)] if generations is None else [f"{day}.{generation}" for generation in generations]
        for name in sorted(_begun(self.main, wanted) | _begun(self.mirror, wanted), key=lambda name: (len(name), name)):
            for place in (self.main, self.mirror):  # also of a side that has only a killed `put` of that name
                if NAME.fullmatch(name):
                    place.remove(name)
        for place in (self.main, self.mirror):
            if left := _begun(place, wanted):
                raise KeyProblemError(
                    f"{len(left)} keys of {day} are still in {place.where} after their removal; remove them by hand: "
                    + ", ".join(sorted(left))
                )

    def store_key(self, may_make: bool) -> bytes:
        """The store's own key, for keyed hashes of files; made only where nothing was ever hashed with another."""
        if not any(name == STORE_KEY for place in (self.main, self.mirror) for name in place.names(STORE_KEY)):
            if not may_make:
                raise KeyProblemError(
                    f"the store's key is in neither {self.main.where} nor {self.mirror.where}; without it every log "
                    "file would look new and be counted twice: put the file “store” back"
                )
            self._write(STORE_KEY)
        return self._read(STORE_KEY)

    def store_key_hash(self) -> str:
        """By which it is known whether the store's key is still the same; "" where there is none."""
        with suppress(KeyProblemError):
            return sha256(STORE_KEY.encode() + self._find(STORE_KEY)).hexdigest()
        return ""

    def _make(self, day: date, generation: int) -> DayKey:
        self._write(f"{day}.{generation}")
        return self.get(day, str(generation))

    def _write(self, name: str) -> None:
        """The mirror first: what the main place holds is surely mirrored."""
        secret = secrets.token_bytes(BYTES)
        self.mirror.put(name, secret)
        self.main.put(name, secret)

    def _read(self, name: str) -> bytes:
        """The key, the same on both sides; where one side lacks it (a new disk, a crash), it is copied there."""
        found = self._find(name)
        for place in (self.main, self.mirror):
            if self._look(place, name) is None:
                place.put(name, found)
        return found

    def _find(self, name: str) -> bytes:
        """The key, which is the same on both sides, or on one of them."""
        main, mirror = self._look(self.main, name), self._look(self.mirror, name)
        found = main if main is not None else mirror
        if found is None:
            day = name.split(".", maxsplit=1)[0]
            raise KeyProblemError(
                f"the key {name} is in neither {self.main.where} nor {self.mirror.where}; put it back, or give the day "
                f"up with: lethe close --give-up {day}"
            )
        if len(found) != BYTES or (mirror is not None and mirror != found):
            raise KeyProblemError(
                f"the key {name} in {self.main.where} is damaged or not the one in {self.mirror.where}; "
                f"keep the good one of {BYTES} bytes and remove the other"
            )
        return found

    @staticmethod
    def _look(place: Place, name: str) -> bytes | None:
        try:
            return place.get(name)
        except FileNotFoundError:
            return None


def _begun(place: Place, wanted: Iterable[str]) -> set[str]:
    """The names that are one of these, or go on after it with something other than a digit."""
    return {name for stem in wanted for name in place.names(stem) if not name[len(stem) : len(stem) + 1].isdigit()}
