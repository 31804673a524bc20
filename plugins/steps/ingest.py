"""What the logs newly hold → the window, whatever became of the files since they were last read."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from plugins.logs.discovering import Signature, Source, discover, problems_of
from plugins.logs.fingerprints import Fingerprints
from plugins.logs.log_file import SHARD_BYTES
from plugins.logs.reading import choose_layouts, log_reading
from plugins.logs.shards import parse_shards
from plugins.steps.closing import believe_clock, close_expired
from plugins.steps.importing import carry_out_imports, finish_import, sweep_window
from plugins.steps.writing import ShardWriter
from plugins.store.clock import record_run
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.policy_model import Log
from schemas.receipts import Mark, Receipt, Record
from schemas.refusals import FormatError, RefusedError
from transforms.detection.load import load_scenarios
from transforms.parsing.formats import ERROR_LAYOUTS, named_layout
from transforms.parsing.layout import Layout

Tell = Callable[[str], None]
SUSPICIOUS: Final = 20  # lines, of which more than half cannot be read
UNSURE: Final = 1024 * 1024  # bytes at the beginning of a file that may wait for a line that can be read
A_DAY: Final = 86_400.0  # seconds; half a line that is older will not be finished


class Seen(Record):
    """How the files looked in which there was nothing new; only a hint, so that they need not be read to know.

    `ends` says how far the log's files were read then. Where receipts of that are gone, the hint is void.
    """

    files: dict[str, Signature]
    ends: dict[str, int]


@dataclass
class Ingested:
    """What a run did: lines by what became of them, imported and expired days, and files it could not read."""

    lines: Counter[str] = field(default_factory=Counter)
    marks: list[Mark] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def ingest(
    store: Store, actor: str, tell: Tell, clock_is_right: bool = False, shard_bytes: int = SHARD_BYTES
) -> Ingested:
    """Read all new lines of all logs. BusyError while another ingest is at work; a file's trouble is its own."""
    with store.locks.held("ingest", wait=False):
        now = store.clock()
        believe_clock(store, clock_is_right)
        store.check_setting()
        carry_out_imports(store, actor)
        _refuse_lost_receipts(store)
        sweep_window(store)
        result = Ingested()
        result.marks, result.problems = close_expired(store, actor, tell)
        run = _Run(store, result, tell, shard_bytes)
        found = {log.name: run.read_log(log, store.clock()) for log in store.policy.logs}
        if run.writer.import_keys and (result.waiting or run.is_torn):
            _postpone_import(store, run.writer, result)
        else:
            result.marks += finish_import(store, run.writer, actor, tell)
            for name, files in found.items():
                ends = {receipt.file: receipt.end for receipt in store.receipts.newest(name)}
                write_record(store.place("state"), f"seen/{name}.json", Seen(files=files, ends=ends))
        record_run(now, store.place("state"), run.newest)
    return result


def _postpone_import(store: Store, writer: ShardWriter, result: Ingested) -> None:
    """A file that cannot be read yet may hold more of the old days, and they can be imported only once."""
    for receipt in writer.waiting:
        result.lines.subtract(receipt.counts.model_dump())
    result.waiting.append(f"{len(writer.import_keys)} old days are imported when all files can be read")
    sweep_window(store)


def _refuse_lost_receipts(store: Store) -> None:
    """Without receipts every line would count again, and the window would be swept as garbage."""
    seen = (read_record(store.place("state"), name, Seen) for name in store.place("state").names("seen/"))
    if any(one.ends for one in seen if one) and not store.receipts.shards():
        raise RefusedError(
            f"all receipts are gone from {store.receipts.place.where}, and the last run had some; bring them back from "
            "a backup. Nothing was done"
        )


class _Run:
    """One pass over the logs."""

    def __init__(self, store: Store, result: Ingested, tell: Tell, shard_bytes: int) -> None:
        self.store, self.result, self.tell, self.shard_bytes = store, result, tell, shard_bytes
        self.writer = ShardWriter(store, load_scenarios(), store.open_days())
        self.newest: datetime | None = None
        self.is_torn = False  # a file was not read to its end
        self.key = store.keys.store_key(may_make=not store.receipts.shards())

    def read_log(self, log: Log, now: datetime) -> dict[str, Signature]:
        """Read what is new in a log's files; returns those that are now wholly read."""
        known = self.store.receipts.newest(log.name)
        prints = Fingerprints(self.key, log.name)
        files = discover(log, self.store.base, known, prints, self._seen(log, known), now.timestamp())
        found = len(files.problems)
        for source in files.sources:
            with problems_of(source.file.path, files, now.timestamp()):
                if self._read_file(source, log, prints, known, now):
                    files.read[str(source.file.path)] = source.file.signature
        self.is_torn |= len(files.problems) > found
        self.result.problems += files.problems
        self.result.waiting += files.waiting
        return files.read

    def _seen(self, log: Log, known: Sequence[Receipt]) -> dict[str, Signature]:
        before = read_record(self.store.place("state"), f"seen/{log.name}.json", Seen)
        ends = {receipt.file: receipt.end for receipt in known}
        is_valid = before and all(ends.get(file, -1) >= end for file, end in before.ends.items())
        return before.files if before and is_valid else {}

    def _read_file(
        self, source: Source, log: Log, prints: Fingerprints, known: Sequence[Receipt], now: datetime
    ) -> bool:
        """Whether nothing is left in the file, not even half a line."""
        file_id = source.receipt.file if source.receipt else secrets.token_hex(8)
        is_final = source.file.is_compressed or now.timestamp() - source.file.changed_at > A_DAY
        layouts = _layouts(source, log, known)
        last_day = source.receipt.last_day if source.receipt else None
        end = source.begin
        for shard in parse_shards(
            source, log.name, file_id, layouts, log_reading(log, now), prints, is_final, self.shard_bytes
        ):
            if last_day is None and not is_final and shard.end < UNSURE and not shard.has_good_line:
                return False  # the next good line will say of which day these are
            receipt = self.writer.write(shard, last_day)
            last_day, end = receipt.last_day, receipt.end
            self.result.lines.update(receipt.counts.model_dump())
            if receipt.counts.quarantine * 2 > receipt.counts.lines >= SUSPICIOUS:
                self.result.problems.append(
                    f"{source.file.path}: {receipt.counts.quarantine:,} of {receipt.counts.lines:,} new lines do not "
                    f"fit the format of [[logs]] {log.name}; they are kept in quarantine. Is the format right?"
                )
            self.newest = max(filter(None, (self.newest, receipt.newest)), default=None)
            self.tell(f"reading {source.file.path}: {receipt.first_line + receipt.counts.lines - 1:,} lines")
        return is_final or end >= source.file.size


def _layouts(source: Source, log: Log, known: Sequence[Receipt]) -> tuple[Layout, ...]:
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
