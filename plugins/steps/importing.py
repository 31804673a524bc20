"""Days older than the window that this store never opened: computed whole, and no address of them is kept."""

import secrets
from datetime import date
from typing import Final

from plugins.keys.day_keys import PROCESS_ONLY
from plugins.steps.days import count_lines, load_day, publish_final
from plugins.steps.writing import ShardWriter
from plugins.store.audit_facts import NAME_BYTES
from plugins.store.records import read_record
from plugins.store.store import Store, Tell
from plugins.store.window import KEPT
from schemas.receipts import Import, Mark, Receipt, Record, generation_of, source_in
from schemas.refusals import RefusedError

UNFINISHED: Final = "requeue.json"


class Requeuing(Record):
    """The logs of a requeue that is at work, or was killed."""

    logs: tuple[str, ...]


def finish_import(store: Store, writer: ShardWriter, actor: str, tell: Tell) -> list[Mark]:
    """Publish the imported days of a run, then let their lines count, all at once."""
    marks = [_publish(store, writer, day, tell) for day in sorted(writer.import_keys)]
    if not marks:
        return []
    receipts = [_kept_part(receipt) for receipt in writer.waiting]
    days = {sealed.day for receipt in receipts for sealed in receipt.objects}
    with store.writing(*days):
        if closed := [day for day in sorted(days) if store.marks.get(day)]:
            raise RefusedError(f"{closed[0]} was closed while older days were imported; nothing is lost, run it again")
        store.imports.put(secrets.token_hex(NAME_BYTES), Import(marks=tuple(marks), receipts=tuple(receipts)))
        carry_out_imports(store, actor)
    sweep_window(store)
    return marks


def carry_out_imports(store: Store, actor: str) -> None:
    """Carry out what is decided, also by a run that was killed; doing so twice changes nothing."""
    for name in store.imports.names():
        if not (decided := store.imports.get(name)):
            continue
        for mark in decided.marks:
            store.marks.put(mark)
        for receipt in decided.receipts:
            store.receipts.put(receipt)
        days, lines = [str(mark.day) for mark in decided.marks], sum(mark.lines for mark in decided.marks)
        store.audit.append(
            store.clock(),
            actor,
            "import",
            once=f"import {name}",
            days=len(days),
            first=days[0],
            last=days[-1],
            lines=lines,
        )
        store.imports.remove(name)


def sweep_window(store: Store) -> int:
    """Remove what a killed run left: objects without a receipt, those of imports, receipts in whose place there is a
    merged one. Returns how many.

    Only while nobody else ingests. What is kept of a whole day has no receipt, and ends with its day.
    """
    receipted = {shard.source for shard in store.receipts.shards()}
    requeued = _left_by_requeue(store)
    garbage = [
        name
        for name in store.window.names()
        if generation_of(name) == PROCESS_ONLY
        or (name.split("/")[1] not in KEPT and source_in(name) not in receipted)
        or name in requeued
    ]
    replaced = store.receipts.replaced()
    for name in replaced:
        store.receipts.place.remove(name)
    for name in garbage:
        store.window.place.remove(name)
    for name in list(store.place("state").names(UNFINISHED)):
        store.place("state").remove(name)
    return len(replaced) + len(garbage)


def _left_by_requeue(store: Store) -> set[str]:
    """What a requeue sealed in vain or has replaced: only receipts tell which object of a shard counts."""
    requeuing = read_record(store.place("state"), UNFINISHED, Requeuing)
    logs = requeuing.logs if requeuing else ()
    sealed = {name for name in store.window.names() if name.split("/")[1] not in KEPT and name.split("/")[2] in logs}
    files = {(log, file) for log, file in (name.split("/")[2:4] for name in sealed)}
    return sealed - {one.name for receipt in store.receipts.of_files(files) for one in receipt.objects}


def _publish(store: Store, writer: ShardWriter, day: date, tell: Tell) -> Mark:
    tell(f"importing {day}")
    receipts = [receipt for receipt in writer.waiting if receipt.of_day(day)]
    data = load_day(store.window, day, receipts, lambda _: writer.import_keys[day])
    publish_final(store, data, writer.scenarios, with_visit_log=not store.calendar.has_ended("visit_log", day))
    return Mark(day=day, state="closed", how="imported", lines=count_lines(receipts, day), since=store.clock())


def _kept_part(receipt: Receipt) -> Receipt:
    """Without the objects of imported days, which end with this run."""
    kept = tuple(sealed for sealed in receipt.objects if sealed.generation != PROCESS_ONLY)
    return receipt.model_copy(update={"objects": kept})
