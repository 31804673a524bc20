"""The lines of whole files by day, block after block: of each only what its day's tables are made of."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas.window import ERRORS, HITS
from transforms.detection.match import NEEDED
from transforms.parsing.parser import Parsed
from transforms.statistics.day import LEAVING_ERRORS, LEAVING_HITS, Day
from transforms.statistics.split import first_good_day, last_good_day, split_file

GATHERED_HITS: Final = tuple(dict.fromkeys((*LEAVING_HITS, *NEEDED)))  # also what scenarios look at, which stays here
EMPTY: Final = {
    "hits": pa.schema([HITS.field(name) for name in GATHERED_HITS]).empty_table(),
    "errors": pa.schema([ERRORS.field(name) for name in LEAVING_ERRORS]).empty_table(),
}
# A run may hold this much as it stands; of longer logs the rest is compressed, for a tenth of a second a million lines.
MOST_PLAIN: Final = 512 * 1024 * 1024
ROWS_AT_ONCE: Final = 2_000_000
COMPRESSED: Final = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass
class GatheredDay:
    """One file's share of a day; its rows as tables or, compressed, as bytes."""

    parts: dict[str, list[pa.Table | pa.Buffer]] = field(default_factory=lambda: {name: [] for name in EMPTY})
    counts: Counter[str] = field(default_factory=Counter)
    continuations: int = 0
    quarantined: int = 0


@dataclass
class Gathered:
    """What is kept of a file: nothing of it is on disk."""

    days: dict[date, GatheredDay] = field(default_factory=dict)
    lines: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    starts_at: int = 0  # the file's first instant
    hits_with_agent: int = 0

    def day(self, day: date) -> GatheredDay:
        return self.days.setdefault(day, GatheredDay())


class Gatherer:
    """Gathers files of a run; a day in `zone` that no line tells is `read_on`."""

    def __init__(self, zone: ZoneInfo, read_on: date, most_plain: int = MOST_PLAIN) -> None:
        self.zone, self.read_on = zone, read_on
        self.room = most_plain

    def gather(self, blocks: Iterable[Parsed]) -> Gathered:
        """The blocks of one file, in order."""
        file = Gathered()
        instants: dict[str, int] = {}
        last_day, unplaced = None, 0
        for block in blocks:
            self._count(file, block, instants)
            if last_day is None:
                unplaced += len(block.quarantine)
                last_day = first_good_day(block, self.zone)
                if last_day is None:
                    continue
                file.day(last_day).quarantined += unplaced - len(block.quarantine)
            for day, part in split_file(block, self.zone, self.read_on, last_day).items():
                self._keep(file.day(day), part)
            last_day = last_good_day(block, self.zone) or last_day
        if unplaced and last_day is None:
            file.day(self.read_on).quarantined += unplaced
        file.starts_at = min(instants.values(), default=0)
        return file

    @staticmethod
    def _count(file: Gathered, block: Parsed, instants: dict[str, int]) -> None:
        file.lines += block.lines
        file.reasons.update(block.quarantine["reason"].to_pylist())
        file.hits_with_agent += len(block.hits) - block.hits["user_agent"].null_count
        for table, name in ((block.hits, "requested_at"), (block.errors, "logged_at")):
            if len(table):
                instants.setdefault(name, table[name][0].value)

    def _keep(self, day: GatheredDay, part: Parsed) -> None:
        day.continuations += len(part.continuations)
        day.quarantined += len(part.quarantine)
        tables = {"hits": part.hits.select(GATHERED_HITS), "errors": part.errors.select(LEAVING_ERRORS)}
        for name, table in tables.items():
            if len(table):
                day.parts[name].append(self._packed(table))
                day.counts[name] += len(table)

    def _packed(self, table: pa.Table) -> pa.Table | pa.Buffer:
        if self.room > 0:
            self.room -= table.nbytes
            return table
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=COMPRESSED) as stream:
            stream.write_table(table)
        return sink.getvalue()


def gathered_days(files: Sequence[Gathered], at_once: int = ROWS_AT_ONCE) -> Iterator[Day]:
    """The days of all files, oldest first; rows keep the order of files.

    Some days at a time are joined over one dictionary, since most of their texts are the same, and let go.
    """
    waiting: dict[date, list[GatheredDay]] = {}
    for day in sorted({day for file in files for day in file.days}):
        waiting[day] = [file.days.pop(day) for file in files if day in file.days]
        if sum(share.counts.total() for shares in waiting.values() for share in shares) >= at_once:
            yield from _joined_days(waiting)
            waiting = {}
    yield from _joined_days(waiting)


def _joined_days(days: Mapping[date, Sequence[GatheredDay]]) -> Iterator[Day]:
    """Lets go of the parts when they are joined."""
    tables = {name: _joined(name, list(days.values())) for name in EMPTY}
    places = dict.fromkeys(EMPTY, 0)
    for day, shares in days.items():
        rows = {}
        for name, table in tables.items():
            count = sum(share.counts[name] for share in shares)
            rows[name] = table.slice(places[name], count)
            places[name] += count
        yield Day(
            day,
            rows["hits"],
            rows["errors"],
            continuations=sum(share.continuations for share in shares),
            quarantined=sum(share.quarantined for share in shares),
        )


def _joined(name: str, days: Sequence[Sequence[GatheredDay]]) -> pa.Table:
    found = [part for shares in days for share in shares for part in share.parts.pop(name)]
    tables = [one if isinstance(one, pa.Table) else pa.ipc.open_stream(one).read_all() for one in found]
    return pa.concat_tables([EMPTY[name], *tables]).unify_dictionaries().combine_chunks()
