"""A parsed shard → sealed objects of each day, and the receipt that makes them count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from plugins.keys.day_keys import DayKey, process_only_key
from plugins.logs.shards import ParsedShard
from plugins.store.calendar import Fate
from plugins.store.store import Store
from schemas.receipts import Counts, Receipt, Sealed
from schemas.scenario import Scenario
from schemas.window import LATE
from transforms.detection.match import match_events
from transforms.detection.match_errors import match_errors
from transforms.parsing.digests import format_digest
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed
from transforms.statistics.split import join_blocks, last_good_day, split_file

Days = dict[date, Parsed]
BLANK: Final = pa.array(["empty", "header"])


class Placed(NamedTuple):
    """What became of a shard's lines; `is_imported`: some are of days that only this process can open."""

    objects: tuple[Sealed, ...]
    counts: Counts
    is_imported: bool


class ShardWriter:
    """Writes the shards of one run; `opened` are the days that the store had when the run began.

    The receipts of a file that holds lines of days to import wait in `waiting`, until all of these days are whole.
    """

    def __init__(self, store: Store, scenarios: Sequence[Scenario], opened: Sequence[date]) -> None:
        self.store, self.scenarios, self.opened = store, scenarios, set(opened)
        self.import_keys: dict[date, DayKey] = {}
        self.waiting: list[Receipt] = []

    def write(self, shard: ParsedShard, last_day: date | None, how: Reading) -> Receipt:
        """Write the objects of a shard's days, then its receipt; `last_day` is that of the good line before it."""
        today = self.store.calendar.today()
        zone = self.store.calendar.zone
        days = split_file(shard.parsed, zone, today, last_day)
        with self.store.writing(today, *(day for day in days if not self.store.calendar.is_past(day))):
            placed = self.place(shard.log, shard.source, days, today)
            receipt = Receipt(
                log=shard.log,
                file=shard.file,
                begin=shard.begin,
                end=shard.end,
                first_line=shard.first_line,
                counts=placed.counts,
                objects=placed.objects,
                layouts=shard.layouts,
                fingerprint=shard.fingerprint,
                read_on=today,
                newest=newest_hour(shard.parsed),
                last_day=last_good_day(shard.parsed, zone) or last_day,
                open_entry=shard.open_entry,
                disowned=shard.disowned,
                format=format_digest(shard.layouts, how),
                blank=count_blank(shard.parsed.quarantine),
            )
            if receipt.counts.lines != shard.parsed.lines:
                raise AssertionError(
                    f"{shard.parsed.lines} lines were read and {receipt.counts.lines} are in the receipt"
                )
            if placed.is_imported or any(one.file == shard.file for one in self.waiting):
                self.waiting.append(receipt)
            else:
                self.store.receipts.put(receipt)
        return receipt

    def place(self, log: str, sealed_as: str, days: Days, today: date) -> Placed:
        """Seal the lines of a shard by day, each as the day's fate is. The locks of open days are held."""
        fates = {day: self.store.calendar.fate(day, day in self.opened) for day in days}
        kept, late = _sort_out(days, fates, today)
        sealed = [one for day, part in kept.items() for one in self._seal_day(sealed_as, day, part, fates.get(day))]
        sealed += self._seal_late(log, sealed_as, late, today)
        return Placed(tuple(sealed), _count(list(kept.values()), late), Fate.IMPORTED in fates.values())

    def forget(self) -> None:
        """Let go of what waits: no receipt will name it, so it counts for nothing and is swept later."""
        self.import_keys.clear()
        self.waiting.clear()

    def _seal_day(self, sealed_as: str, day: date, part: Parsed, fate: Fate | None) -> list[Sealed]:
        key = self._key_of(day, fate)
        tables = {
            "hits": part.hits,
            "errors": part.errors,
            "continuations": part.continuations,
            "quarantine": part.quarantine,
            "events": pa.concat_tables(
                [match_events(part.hits, self.scenarios), match_errors(part.errors, self.scenarios)]
            ),
        }
        return [self.store.window.put(kind, sealed_as, table, key) for kind, table in tables.items() if len(table)]

    def _seal_late(self, log: str, sealed_as: str, late: Counter[str], today: date) -> list[Sealed]:
        if not late:
            return []
        rows = [{"log": log, "reason": reason, "lines": lines} for reason, lines in sorted(late.items())]
        table = pa.Table.from_pylist(rows, schema=LATE)
        return [self.store.window.put("late", sealed_as, table, self._key_of(today, Fate.KEPT))]

    def _key_of(self, day: date, fate: Fate | None) -> DayKey:
        """The day's key; a new one only for a day of which the store had nothing."""
        if fate is Fate.IMPORTED:
            return self.import_keys.setdefault(day, process_only_key(day))
        key = self.store.keys.current(day, may_make=day not in self.opened)
        self.opened.add(day)
        return key


def _sort_out(days: Days, fates: Mapping[date, Fate], today: date) -> tuple[Days, Counter[str]]:
    """The days whose lines are kept, and how many lines are late, by reason.

    What could not be read has no time of its own: where its day is closed, it belongs to the day it was read on.
    """
    kept: Days = {}
    late: Counter[str] = Counter()
    strays = []
    for day, part in days.items():
        if fates[day] in (Fate.KEPT, Fate.IMPORTED):
            kept[day] = part
            continue
        if lines := part.lines - len(part.quarantine):
            late[fates[day].value] += lines
        if len(part.quarantine):
            strays.append(_only_quarantine(part))
    if strays:
        kept[today] = join_blocks([*([kept[today]] if today in kept else []), *strays])
    return kept, late


def _only_quarantine(part: Parsed) -> Parsed:
    return Parsed(
        hits=part.hits.slice(0, 0),
        errors=part.errors.slice(0, 0),
        quarantine=part.quarantine,
        continuations=part.continuations.slice(0, 0),
        lines=len(part.quarantine),
    )


def _count(parts: Sequence[Parsed], late: Counter[str]) -> Counts:
    return Counts(
        hits=sum(len(part.hits) for part in parts),
        errors=sum(len(part.errors) for part in parts),
        continuations=sum(len(part.continuations) for part in parts),
        quarantine=sum(len(part.quarantine) for part in parts),
        late=late.total(),
    )


def count_blank(quarantine: pa.Table) -> int:
    """How many lines of a quarantine have nothing in them to read."""
    return pc.sum(pc.is_in(quarantine["reason"].cast(pa.string()), BLANK)).as_py() or 0


def newest_hour(parsed: Parsed) -> datetime | None:
    """Of the newest line, for the comparison of clocks; to the hour, since receipts live long."""
    columns = (parsed.hits["requested_at"], parsed.errors["logged_at"])
    newest = [moment for column in columns if len(column) and (moment := pc.max(column).as_py())]
    return max(newest).astimezone(UTC).replace(minute=0, second=0, microsecond=0) if newest else None
