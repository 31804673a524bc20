"""Adjacent shards of a file become one: a log that is read every five minutes leaves few objects and receipts.

Merged objects are written first, then their receipt, which takes the place of all receipts that lie in its range; then
these and their objects go. Killed at any of these writes, the rows that count are the same, and what is left over goes
with the next ingest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final

import pyarrow as pa

from plugins.store.locks import BusyError
from plugins.store.records import SUFFIX
from plugins.store.store import Store
from plugins.store.window import KINDS
from schemas.receipts import Counts, Receipt, Sealed
from schemas.refusals import RefusedError

FEWEST: Final = 4  # a line is written anew when its shard grows fourfold, so seven times between 1 kB and 16 MB
LARGEST: Final = 32 * 1024 * 1024  # bytes of content; what is merged is held in memory
ENDED: Final = "ended"
A_DAY: Final = timedelta(days=1)
Run = Sequence[Receipt]


def merge_grown(store: Store, ends: Iterable[tuple[str, str, int]]) -> int:
    """Merge in files (log and id) that have grown, up to where their last ingest began; the lock “ingest” is held.

    Returns how many shards went. What an ingest read stays apart while its lines are counted by their receipts.
    """
    return sum(_merge_file(store, log, file, end) for log, file, end in ends if end)


def merge_at_rest(store: Store) -> int:
    """Merge in all files, also of those that grow no more, what was read before yesterday; “ingest” is held."""
    of_files = groupby(store.receipts.shards(), key=lambda shard: (shard.log, shard.file))
    several = [file for file, shards in of_files if len(list(shards)) > 1]
    logs = {log.name for log in store.policy.logs}
    return sum(_merge_file(store, *file) for file in several if file[0] in logs)


def runs_to_merge(receipts: Run, today: date, has_ended: Mapping[date, bool]) -> Iterator[Run]:
    """The runs of a file's receipts that should be one each.

    Where no object is left all become one. What was read before yesterday becomes as few as LARGEST allows. What was
    read since is merged where the run is FEWEST times as large as its largest shard: of any length of log there are few
    shards, and a line is written anew a few times, as in a log-structured merge tree.
    """
    for phase, section in _sections(receipts, today - A_DAY, has_ended):
        if phase == ENDED:
            yield section
        elif date.fromisoformat(phase) < today - A_DAY:
            yield from _packed(section)
        else:
            sizes = [one.end - one.begin for one in section]
            begins = range(len(section) - FEWEST + 1)
            fitting = (section[at:] for at in begins if FEWEST * max(sizes[at:]) <= sum(sizes[at:]) <= LARGEST)
            yield next(fitting, ())


def merged_receipt(run: Run, objects: Sequence[Sealed]) -> Receipt:
    """The receipt of all lines of adjacent shards, which reading goes on from as from the last of them."""
    counts = {kind: sum(getattr(one.counts, kind) for one in run) for kind in Counts.model_fields}
    formats = {one.format for one in run}
    return run[-1].model_copy(
        update={
            "begin": run[0].begin,
            "first_line": run[0].first_line,
            "counts": Counts(**counts),
            "objects": tuple(objects),
            "read_on": max(one.read_on for one in run),
            "newest": max(filter(None, (one.newest for one in run)), default=None),
            "format": formats.pop() if len(formats) == 1 else "",
            "revision": 0,
            "blank": sum(one.blank for one in run),
        }
    )


def _merge_file(store: Store, log: str, file: str, end: int | None = None) -> int:
    """How many shards went of those that lie before `end`."""
    receipts = [one for one in store.receipts.of_file(log, file) if end is None or one.end <= end]
    closed = set(store.marks.days("closed"))
    days = {sealed.day for one in receipts for sealed in one.objects}
    has_ended = {day: day in closed or store.calendar.has_ended("statistics", day) for day in days}
    runs = [run for run in runs_to_merge(receipts, store.calendar.today(), has_ended) if len(run) > 1]
    return sum(_merge(store, run, has_ended) for run in runs)


def _merge(store: Store, run: Run, has_ended: Mapping[date, bool]) -> int:
    """How many shards went; none while somebody works on their days, or where something is wrong with these."""
    days = sorted({sealed.day for one in run for sealed in one.objects if not has_ended[sealed.day]})
    try:
        with store.writing(*days, patience=0.0):
            merged = merged_receipt(run, ())
            objects = [one for day in days for one in _merge_day(store, day, run, merged.source)]
            store.receipts.put(merged.model_copy(update={"objects": tuple(objects)}))
            for one in run:
                store.receipts.place.remove(f"{one.source}{SUFFIX}")
            for name in [sealed.name for one in run for day in days for sealed in one.of_day(day)]:
                store.window.place.remove(name)
    except (BusyError, RefusedError):  # whoever reads the day says what is wrong with it
        return 0
    return len(run) - 1


def _merge_day(store: Store, day: date, run: Run, source: str) -> Iterator[Sealed]:
    """A day's rows of all shards in order, sealed under its key; ClosedDayError where it may not be read any more."""
    sealed = [one for receipt in run for one in receipt.of_day(day)]
    generations = {*store.keys.generations(day), *(one.generation for one in sealed)}
    if len(generations) > 1:
        raise RefusedError(f"an erasure from {day} was killed; run it again")
    key = store.keys.get(day, generations.pop())
    for kind in KINDS:
        if tables := [store.window.get(one, key) for one in sealed if one.kind == kind]:
            yield store.window.put(kind, source, pa.concat_tables(tables), key)


def _sections(receipts: Run, yesterday: date, has_ended: Mapping[date, bool]) -> Iterator[tuple[str, Run]]:
    """Adjacent receipts of one phase: ENDED where no object of them is left, else the day on which they were read."""

    def phase_of(one: Receipt) -> str:
        is_over = one.read_on < yesterday and all(has_ended[sealed.day] for sealed in one.objects)
        return ENDED if is_over else str(one.read_on)

    section: list[Receipt] = []
    for one in receipts:
        if section and (section[-1].end != one.begin or phase_of(section[-1]) != phase_of(one)):
            yield phase_of(section[-1]), section
            section = []
        section.append(one)
    if section:
        yield phase_of(section[-1]), section


def _packed(run: Run) -> Iterator[Run]:
    """One behind the other, as many as fit together."""
    pack: list[Receipt] = []
    for one in run:
        if pack and one.end - pack[0].begin > LARGEST:
            yield pack
            pack = []
        pack.append(one)
    yield pack
