"""Files that hold old days: read in one process, since the keys of imported days never leave it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from plugins.logs.log_file import SHARD_BYTES
from plugins.steps.importing import finish_import, sweep_window
from plugins.steps.planning import Plan
from plugins.steps.reading import FileRead, FileReader, Reads, open_writer
from plugins.store.store import Store, Tell
from schemas.receipts import Mark


@dataclass
class Imported:
    """The old files of a plan: what became of each, and the days that are closed by it."""

    reads: Reads = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    is_postponed: bool = False


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
    result, writer = Imported(), open_writer(store)
    for number in old:
        result.reads[number] = FileReader(store, plan.files[number], writer, tell, shard_bytes, imports=True).read()
    if not writer.import_keys:
        return result
    all_reads = {**reads, **result.reads}
    is_whole = len(all_reads) == len(plan.files) and not any(one.waiting or one.is_torn for one in all_reads.values())
    if plan.waiting or not is_whole:  # another file may hold more of these days, which can be imported only once
        result.is_postponed = True
        sweep_window(store)
    else:
        result.marks = finish_import(store, writer, actor, tell)
    return result
