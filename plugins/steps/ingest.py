"""What the logs newly hold → the window, whatever became of the files since they were last read."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from plugins.logs.log_file import SHARD_BYTES
from plugins.steps.merging import merge_grown
from plugins.steps.old_days import Imported, import_old_days
from plugins.steps.planning import Plan, Seen, count_new, new_receipts, plan_ingest
from plugins.steps.reading import FileRead, read_files
from plugins.steps.telling import is_news, note_told
from plugins.steps.watching import misfits, quarantine_of
from plugins.store.clock import record_run
from plugins.store.records import write_record
from plugins.store.store import Store, Tell
from schemas.receipts import Mark


@dataclass
class Ingested:
    """What a run did: lines by what became of them, imported and expired days, and files it could not read.

    `empty` are the logs whose paths no file fits.
    """

    lines: Counter[str] = field(default_factory=Counter)
    marks: list[Mark] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    empty: tuple[str, ...] = ()


def ingest(
    store: Store, actor: str, tell: Tell, clock_is_right: bool = False, shard_bytes: int = SHARD_BYTES
) -> Ingested:
    """Read all new lines of all logs. BusyError while another ingest is at work; a file's trouble is its own."""
    with store.locks.held("ingest", wait=False):
        plan = plan_ingest(store, actor, tell, clock_is_right)
        young = [number for number, file in enumerate(plan.files) if not file.is_old]
        reads = read_files(store, plan, young, tell, shard_bytes)
        imported = import_old_days(store, plan, reads, actor, tell, shard_bytes)
        return finish_ingest(store, plan, {**reads, **imported.reads}, imported, clock_is_right)


def finish_ingest(
    store: Store, plan: Plan, reads: Mapping[int, FileRead], imported: Imported, clock_is_right: bool = False
) -> Ingested:
    """Note what need not be looked at again, and sum up. Whoever calls holds the lock “ingest”."""
    result = Ingested(
        count_new(store, plan), [*plan.marks, *imported.marks], [*plan.problems], [*plan.waiting], plan.empty
    )
    result.problems += _misfits(store, plan)
    for one in reads.values():
        result.problems += one.problems
        result.waiting += one.waiting
    if missing := len(plan.files) - len(reads):
        result.problems.append(f"{missing} files were not read to their end; the next run goes on with them")
    if imported.is_postponed:
        result.waiting.append("old days are imported when all files can be read")
    else:
        _note_seen(store, plan, reads)
    newest = max(filter(None, (one.newest for one in reads.values())), default=None)
    record_run(plan.began, store.place("state"), newest, clock_is_right)
    merge_grown(store, [(file.log, file.file, file.end) for file in plan.files])
    return result


def _misfits(store: Store, plan: Plan) -> Iterator[str]:
    """Which logs do not fit their formats, as far as that was not told within a day."""
    new = list(new_receipts(store, plan))
    for log in store.policy.logs:
        for sentence in misfits(log, *quarantine_of(one for one in new if one.log == log.name)):
            if is_news(store, sentence):
                note_told(store, sentence)
                yield sentence


def _note_seen(store: Store, plan: Plan, reads: Mapping[int, FileRead]) -> None:
    for log, before in plan.read.items():
        whole = {
            plan.files[number].path: one.whole
            for number, one in reads.items()
            if one.whole and plan.files[number].log == log
        }
        ends = {receipt.file: receipt.end for receipt in store.receipts.newest(log)}
        write_record(store.place("state"), f"seen/{log}.json", Seen(files={**before, **whole}, ends=ends))
