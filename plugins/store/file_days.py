"""Which days the receipts of each file name: remembered, so that only files whose receipts changed are read for it."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final

from plugins.store.door import Place
from plugins.store.records import Receipts, remembered, write_record
from schemas.receipts import Record
from schemas.refusals import RefusedError

NAME: Final = "file_days.json"
AN_HOUR_AHEAD: Final = timedelta(days=1)  # a line may be, and so of the day after it was read


class OfFile(Record):
    """`stamp` is another one as soon as a receipt of the file is; `days` is None where one is damaged, and then may be
    any until `last`.
    """

    stamp: str
    days: tuple[date, ...] | None
    last: date = date.max


class Remembered(Record):
    """By `log/file`."""

    files: dict[str, OfFile]


class FileDays:
    """What all receipts said when this was made; a receipt that changes on the way is read again by the next one."""

    def __init__(self, receipts: Receipts, state: Place, from_memory: bool) -> None:
        self.receipts, self.state = receipts, state
        found = remembered(state, NAME, Remembered) if from_memory else None
        self.before = found.files if found else {}
        self.files = {
            name: known if (known := self.before.get(name)) and known.stamp == stamp else self._look(name, stamp)
            for name, stamp in receipts.stamps().items()
        }

    def of(self, days: Iterable[date]) -> set[tuple[str, str]]:
        """The files (log and id) that have receipts of one of the days, or may have."""
        return {(log, file) for day in days for log, file in (name.split("/") for name in self._of_day(day))}

    def stamp(self, day: date) -> str:
        """Another one as soon as a receipt of the day is; also where its shards were only merged."""
        stamps = sorted(f"{name} {self.files[name].stamp}" for name in self._of_day(day))
        return sha256("\n".join(stamps).encode()).hexdigest()

    def remember(self) -> None:
        """For the next one; two that do so at the same time harm nothing."""
        known = {name: file for name, file in self.files.items() if file.days is not None}
        if known != self.before:
            with suppress(OSError):  # else the next one reads more
                write_record(self.state, NAME, Remembered(files=known))

    def _of_day(self, day: date) -> list[str]:
        return [*self._by_day[day], *(name for name in self._by_day[None] if day <= self.files[name].last)]

    @cached_property
    def _by_day(self) -> defaultdict[date | None, list[str]]:
        """The names of files; those of which no days are known, at None."""
        found: defaultdict[date | None, list[str]] = defaultdict(list)
        for name, file in self.files.items():
            for day in file.days if file.days is not None else (None,):
                found[day].append(name)
        return found

    def _look(self, name: str, stamp: str) -> OfFile:
        try:
            receipts = self.receipts.of_file(*name.split("/"))
        except RefusedError:  # which whoever needs one of its days hears
            return OfFile(stamp=stamp, days=None, last=self._last(name))
        days = {sealed.day for receipt in receipts for sealed in receipt.objects}
        return OfFile(stamp=stamp, days=tuple(sorted(days)))

    def _last(self, name: str) -> date:
        """The last day that a file may have lines of."""
        with suppress(RefusedError):
            if newest := self.receipts.newest_of(*name.split("/")):
                return newest.read_on + AN_HOUR_AHEAD
        return date.max
