"""Planned files → the window; files are independent of each other, so several processes may share a plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from plugins.logs.discovering import Discovery, Signature, Source, problems_of
from plugins.logs.log_file import SHARD_BYTES, ExchangedError, LogFile
from plugins.logs.reading import choose_layouts, log_reading
from plugins.logs.shards import parse_shards
from plugins.steps.importing import finish_import, sweep_window
from plugins.steps.planning import Plan, Planned, fingerprints
from plugins.steps.writing import ShardWriter
from plugins.store.store import Store, Tell
from schemas.policy_model import Log
from schemas.receipts import Counts, Mark, Receipt, Record
from schemas.refusals import FormatError
from transforms.detection.load import load_scenarios
from transforms.parsing.formats import ERROR_LAYOUTS, named_layout
from transforms.parsing.layout import Layout

SUSPICIOUS: Final = 20  # lines, of which more than half cannot be read
UNSURE: Final = 1024 * 1024  # bytes at the beginning of a file that may wait for a line that can be read
A_DAY: Final = 86_400.0  # seconds; half a line that is older will not be finished


class FileRead(Record):
    """What became of a planned file: its new lines, and how it looked if nothing is left in it.

    `is_torn`: it was not read to its end. `has_old_days`: it holds days to import, so one process reads it again.
    """

    counts: Counts = Counts()
    whole: Signature | None = None
    newest: datetime | None = None
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    is_torn: bool = False
    has_old_days: bool = False


Reads = dict[int, FileRead]


@dataclass
class Imported:
    """The old files of a plan: what became of each, and the days that are closed by it."""

    reads: Reads = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    is_postponed: bool = False


def read_files(store: Store, plan: Plan, numbers: Iterable[int], tell: Tell, shard_bytes: int = SHARD_BYTES) -> Reads:
    """Read some files of a plan, each to its end; those that hold old days only until these come."""
    writer = _open_writer(store)
    return {number: _FileReader(store, plan.files[number], writer, tell, shard_bytes).read() for number in numbers}


def import_old_days(
    store: Store, plan: Plan, reads: Mapping[int, FileRead], actor: str, tell: Tell, shard_bytes: int = SHARD_BYTES
) -> Imported:
    """Read the files that hold old days in this one process, and import these days, if no file is left to wait for.

    Whoever calls holds the lock “ingest”.
    """
    old = [
        number
        for number, file in enumerate(plan.files)
        if file.is_old or (number in reads and reads[number].has_old_days)
    ]
    result, writer = Imported(), _open_writer(store)
    for number in old:
        result.reads[number] = _FileReader(store, plan.files[number], writer, tell, shard_bytes, imports=True).read()
    if not writer.import_keys:
        return result
    all_reads = {**reads, **result.reads}
    if (
        plan.waiting
        or len(all_reads) < len(plan.files)
        or any(one.waiting or one.is_torn for one in all_reads.values())
    ):
        _postpone(store, writer, result, plan)
    else:
        result.marks = finish_import(store, writer, actor, tell)
    return result


def _open_writer(store: Store) -> ShardWriter:
    return ShardWriter(store, load_scenarios(), store.open_days())


def _postpone(store: Store, writer: ShardWriter, result: Imported, plan: Plan) -> None:
    """A file that cannot be read yet may hold more of the old days, and they can be imported only once."""
    result.is_postponed = True
    uncounted = {receipt.file for receipt in writer.waiting}
    for number, one in result.reads.items():
        if plan.files[number].file in uncounted:
            waits = [receipt.counts for receipt in writer.waiting if receipt.file == plan.files[number].file]
            result.reads[number] = one.model_copy(update={"counts": _subtract(one.counts, waits)})
    sweep_window(store)


class _FileReader:
    """Reads one planned file."""

    def __init__(
        self,
        store: Store,
        planned: Planned,
        writer: ShardWriter,
        tell: Tell,
        shard_bytes: int,
        imports: bool = False,
    ) -> None:
        self.store, self.planned, self.writer, self.tell = store, planned, writer, tell
        self.shard_bytes, self.imports = shard_bytes, imports
        self.log = next(log for log in store.policy.logs if log.name == planned.log)
        self.counts: list[Counts] = []
        self.newest: datetime | None = None
        self.has_old_days = False
        self.suspicions: list[str] = []

    def read(self) -> FileRead:
        """Read what follows the file's newest receipt; its trouble is no other file's."""
        path, troubles, whole = Path(self.planned.path), Discovery(), None
        with problems_of(path, troubles, self.store.clock().timestamp()):
            file = LogFile(path)
            if self._read_shards(file):
                whole = file.signature
        return FileRead(
            counts=_add(self.counts),
            whole=whole,
            newest=self.newest,
            problems=(*troubles.problems, *self.suspicions),
            waiting=tuple(troubles.waiting),
            is_torn=bool(troubles.problems),
            has_old_days=self.has_old_days,
        )

    def _read_shards(self, file: LogFile) -> bool:
        """Whether nothing is left in the file, not even half a line."""
        known, now = self.store.receipts.newest(self.log.name), self.store.clock()
        receipt = next((one for one in known if one.file == self.planned.file), None)
        if not receipt and (file.signature[:2] != self.planned.signature[:2] or file.size < self.planned.size):
            raise ExchangedError(file.path)
        source = Source(file, self.planned.kind, receipt)
        is_final = file.is_compressed or now.timestamp() - file.changed_at > A_DAY
        last_day, end = receipt.last_day if receipt else None, source.begin
        for shard in parse_shards(
            source,
            self.log.name,
            self.planned.file,
            _layouts(source, self.log, known),
            log_reading(self.log, now),
            fingerprints(self.store, self.log),
            is_final,
            self.shard_bytes,
        ):
            if last_day is None and not is_final and shard.end < UNSURE and not shard.has_good_line:
                return False  # the next good line will say of which day these are
            written = self.writer.write(shard, last_day)
            if not self.imports and self.writer.waiting:
                self.writer.forget()
                self.has_old_days = True
                return False
            self._count(written)
            last_day, end = written.last_day, written.end
        return is_final or end >= file.size

    def _count(self, receipt: Receipt) -> None:
        self.counts.append(receipt.counts)
        self.newest = max(filter(None, (self.newest, receipt.newest)), default=None)
        if receipt.counts.quarantine * 2 > receipt.counts.lines >= SUSPICIOUS:
            self.suspicions.append(
                f"{self.planned.path}: {receipt.counts.quarantine:,} of {receipt.counts.lines:,} new lines do not "
                f"fit the format of [[logs]] {self.log.name}; they are kept in quarantine. Is the format right?"
            )
        self.tell(f"reading {self.planned.path}: {receipt.first_line + receipt.counts.lines - 1:,} lines")


def _add(counts: Iterable[Counts]) -> Counts:
    total = dict.fromkeys(Counts.model_fields, 0)
    for one in counts:
        total = {name: number + getattr(one, name) for name, number in total.items()}
    return Counts(**total)


def _subtract(counts: Counts, others: Iterable[Counts]) -> Counts:
    less = _add(others)
    return Counts(**{name: number - getattr(less, name) for name, number in counts.model_dump().items()})


def _layouts(source: Source, log: Log, known: Iterable[Receipt]) -> tuple[Layout, ...]:
    """As the policy says; where it says `detect`, those of the file's last receipt, or found, or its neighbours'."""
    if source.kind == "error":
        return tuple(ERROR_LAYOUTS.values())
    if log.format != "detect":
        return (named_layout(log.format),)
    if source.receipt:
        return tuple(map(named_layout, source.receipt.layouts))
    try:
        return choose_layouts(source.file.path, "detect")
    except FormatError:
        neighbours = [receipt for receipt in known if not set(receipt.layouts) & ERROR_LAYOUTS.keys()]
        if not neighbours:
            raise
        return tuple(map(named_layout, max(neighbours, key=lambda receipt: receipt.read_on).layouts))
