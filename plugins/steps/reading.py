"""Planned files → the window; files are independent of each other, so several processes may share a plan."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from plugins.logs.discovering import Discovery, Source, problems_of
from plugins.logs.finding import find_file
from plugins.logs.fingerprints import START, Fingerprints
from plugins.logs.log_file import SHARD_BYTES, LogFile
from plugins.logs.origins import ExchangedError, Signature
from plugins.logs.reading import choose_layouts, log_reading, secret_keys_of
from plugins.logs.shards import UNSURE, parse_shards
from plugins.mistakes import describe_mistake
from plugins.scenarios import scenarios_of
from plugins.steps.planning import Plan, Planned
from plugins.steps.writing import ShardWriter
from plugins.store.locks import BusyError
from plugins.store.records import Receipts
from plugins.store.store import Store, Tell
from schemas.policy_model import Log
from schemas.receipts import Receipt, Record
from schemas.refusals import FormatError, RefusedError
from transforms.parsing.layout import Layout
from transforms.parsing.naming import error_layouts, layouts_in_force, named_layout

SUSPICIOUS: Final = 20  # lines, of which none can be read
A_DAY: Final = 86_400.0  # seconds; half a line that is older will not be finished


class FileRead(Record):
    """What became of a planned file: how it looked if nothing is left in it, its newest line, what is wrong with it.

    `is_torn`: it was not read to its end. `has_old_days`: it holds days to import, so one process reads it again.
    """

    whole: Signature | None = None
    newest: datetime | None = None
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    is_torn: bool = False
    has_old_days: bool = False


Reads = dict[int, FileRead]  # by number of the file in its plan


def read_files(store: Store, plan: Plan, numbers: Iterable[int], tell: Tell, shard_bytes: int = SHARD_BYTES) -> Reads:
    """Read some files of a plan, each to its end; those that hold old days only until these come."""
    writer = open_writer(store)
    return {number: FileReader(store, plan.files[number], writer, tell, shard_bytes).read() for number in numbers}


def open_writer(store: Store) -> ShardWriter:
    """For the shards that one process reads."""
    return ShardWriter(store, scenarios_of(store.policy), store.open_days())


class FileReader:
    """Reads one planned file; unless it `imports`, only until old days come."""

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
        self.newest: datetime | None = None
        self.has_old_days = False
        self.suspicions: list[str] = []

    def read(self) -> FileRead:
        """Read what follows the file's newest receipt; its trouble is no other file's."""
        origin, troubles, whole = find_file(self.planned.path), Discovery(), None
        with problems_of(origin, troubles, self.store.clock().timestamp()), _mistakes_of(self.planned.path, troubles):
            file = LogFile(origin)
            if self._read_shards(file):
                whole = file.signature
        return FileRead(
            whole=whole,
            newest=self.newest,
            problems=(*troubles.problems, *self.suspicions),
            waiting=tuple(troubles.waiting),
            is_torn=bool(troubles.problems),
            has_old_days=self.has_old_days,
        )

    def _read_shards(self, file: LogFile) -> bool:
        """Whether nothing is left in the file, not even half a line."""
        receipt, now = self.store.receipts.newest_of(self.log.name, self.planned.file), self.store.clock()
        prints = Fingerprints(self.store.keys.store_key(may_make=False), self.log.name)
        if not receipt and not self._is_planned(file, prints):
            raise ExchangedError(file.name)
        source = Source(file, self.planned.kind, receipt)
        is_final = file.is_compressed or now.timestamp() - file.changed_at > A_DAY
        last_day, end = receipt.last_day if receipt else None, source.begin
        how = log_reading(self.log, now, secret_keys_of(self.store.policy))
        for shard in parse_shards(
            source,
            self.log.name,
            self.planned.file,
            _layouts(source, self.log, self.store.receipts),
            how,
            prints,
            is_final,
            self.shard_bytes,
        ):
            if last_day is None and not is_final and shard.end < UNSURE and not shard.has_good_line:
                if shard.parsed.lines >= SUSPICIOUS:
                    self.suspicions.append(
                        f"{self.planned.path}: its {shard.parsed.lines:,} lines do not fit the format of [[logs]] "
                        f"{self.log.name}; they wait for one that does. Is the format right?"
                    )
                return False  # the next good line will say of which day these are
            written = self.writer.write(shard, last_day, how)
            if not self.imports and self.writer.waiting:
                self.writer.forget()
                self.has_old_days = True
                return False
            self._note(written)
            last_day, end = written.last_day, written.end
            del shard  # before the next one is read
        return is_final or end >= file.size

    def _is_planned(self, file: LogFile, prints: Fingerprints) -> bool:
        """Whether it still is the file that was found; elsewhere than on a disk only its content can tell."""
        before = self.planned
        is_same = file.signature[:2] == before.signature[:2] and file.size >= before.size
        return is_same and (before.beginning is None or prints.begins_like(file.read(0, START), before.beginning))

    def _note(self, receipt: Receipt) -> None:
        self.newest = max(filter(None, (self.newest, receipt.newest)), default=None)
        self.tell(f"reading {self.planned.path}: {receipt.first_line + receipt.counts.lines - 1:,} lines")


@contextmanager
def _mistakes_of(path: str, result: Discovery) -> Iterator[None]:
    """A mistake of ours in one file is no other's trouble either; nothing counts of the shard in which it was met.

    What it says may hold an address or a part of a line. A full disk, or a store at which somebody else is at work,
    is the trouble of the whole run.
    """
    try:
        yield
    except (RefusedError, BusyError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - see above
        result.problems.append(f"{path} was not read to its end by {describe_mistake(error)}")


def _layouts(source: Source, log: Log, receipts: Receipts) -> tuple[Layout, ...]:
    """As the policy says; where it says `detect`, those of the file's last receipt, or found, or its neighbours'."""
    if source.kind == "error":
        return error_layouts(log.error_format)
    if log.format != "detect":
        return layouts_in_force([named_layout(log.format)], source.receipt.layouts if source.receipt else ())
    if source.receipt:
        return tuple(map(named_layout, source.receipt.layouts))
    try:
        return choose_layouts(source.file.origin, "detect")
    except FormatError:
        neighbours = [one for one in receipts.newest(log.name) if named_layout(one.layouts[0]).kind == "access"]
        if not neighbours:
            raise
        return tuple(map(named_layout, max(neighbours, key=lambda receipt: receipt.read_on).layouts))
