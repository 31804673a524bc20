"""A person's lines out of the window: each day that holds them is written anew, and the key of the old one shredded."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from plugins.backups.taking import back_up
from plugins.backups.target import Target
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.decisions import as_table as decisions_table
from plugins.blocklist.exporting import publish_exports
from plugins.blocklist.forgetting import staying as staying_decisions
from plugins.incidents.kept import as_table as incidents_table
from plugins.incidents.kept import incidents_of
from plugins.incidents.kept import staying as staying_incidents
from plugins.keys.day_keys import DayKey
from plugins.steps.days import LINES, every_receipt
from plugins.steps.importing import carry_out_imports
from plugins.steps.rebuild_parts import discard_computed
from plugins.store.store import Store, Tell
from plugins.store.window import DECISIONS, INCIDENTS
from schemas.backups import ErasedDay
from schemas.receipts import Counts, Receipt, Sealed, generation_of
from transforms.anonymising.addresses import Address
from transforms.anonymising.mentions import mentions
from transforms.distinct import distinct_values

Rows = np.ndarray  # of an object: whether each row goes
Lines = set[tuple[str, int]]  # lines that go: file, line number
FOLLOWING: Final = {"continuations": "continues", "events": "line_number"}  # go with the line of that number


@dataclass(frozen=True)
class Erased:
    """How many lines went, and of which days."""

    lines: int
    days: list[date]


def erase(store: Store, addresses: Collection[Address], actor: str, tell: Tell) -> Erased:
    """Remove every line of the open days that is of these addresses, or mentions one, and what was decided on them.

    `addresses` are IPv4 where they stand for one. Waits for an ingest to end. It is done when the newest backup is one
    without these lines, so after a kill, or trouble with the backup, it has to be run again.
    """
    with store.locks.held("ingest"):
        carry_out_imports(store, actor)
        store.audit.append(store.clock(), actor, "erasure begun", addresses=len(addresses))
        lines, days = 0, []
        for day in store.open_days():
            if not store.calendar.is_past(day):
                tell(f"looking through {day}")
                with store.writing(day):
                    found = _erase_day(store, day, addresses)
                lines += found or 0
                days += [day] if found is not None else []
        publish_exports(store)
    back_up(store, actor, tell)
    named = [str(day) for day in days]
    store.audit.append(store.clock(), actor, "erasure done", addresses=len(addresses), lines=lines, days=named)
    return Erased(lines, days)


def _erase_day(store: Store, day: date, addresses: Collection[Address]) -> int | None:
    """The lines that went; None where the day holds none, and no killed erasure left it half done."""
    receipts = every_receipt(store, day)
    named = {sealed.generation for receipt in receipts for sealed in receipt.of_day(day)}
    keys = {generation: store.keys.get(day, generation) for generation in named}
    before = store.keys.generations(day)
    going = _find_rows(store, day, receipts, keys, addresses)
    kept, goes = _find_kept(store, day, addresses)
    if len(before) < 2 and not goes and not any(rows.any() for rows in going.values()):
        return None
    new = store.keys.renew(day)
    discard_computed(store, day)
    erased = 0
    for receipt in receipts:
        rewritten = _rewrite(store, day, receipt, keys, new, going)
        store.receipts.put(rewritten)
        erased += rewritten.counts.erased - receipt.counts.erased
    for kind, table in kept.items():
        store.window.put_kept(kind, table, new)
    for name in list(store.window.names(day)):
        if generation_of(name) != new.generation:
            store.window.place.remove(name)
    Target(store.place("backups")).record_erasure(ErasedDay(day=day, generation=new.generation, at=store.clock()))
    store.keys.shred(day, before)
    return erased


def _find_rows(
    store: Store,
    day: date,
    receipts: Sequence[Receipt],
    keys: Mapping[str, DayKey],
    addresses: Collection[Address],
) -> dict[str, Rows]:
    """For each object of the day by name, the rows to erase; what follows from a line goes with it."""
    going: dict[str, Rows] = {}
    gone: Lines = set()
    objects = [sealed for receipt in receipts for sealed in receipt.of_day(day)]
    for sealed in sorted(objects, key=lambda sealed: sealed.kind in FOLLOWING):
        table = store.window.get(sealed, keys[sealed.generation])
        rows = _rows_of(table, addresses)
        if sealed.kind in ("hits", "errors"):
            gone.update(_places(table.filter(pa.array(rows)), "line_number"))
        if number := FOLLOWING.get(sealed.kind):
            rows = rows | np.array([place in gone for place in _places(table, number)], bool)
        going[sealed.name] = rows
    return going


def _find_kept(store: Store, day: date, addresses: Collection[Address]) -> tuple[dict[str, pa.Table], bool]:
    """What stays of the day's decisions and incidents, where anything does; and whether one of them goes."""
    decisions, incidents = Decisions(store).of_day(day), incidents_of(store, day)
    staying = {
        DECISIONS: decisions_table(staying_decisions(decisions, addresses)),
        INCIDENTS: incidents_table(staying_incidents(incidents, addresses)),
    }
    goes = sum(map(len, staying.values())) < len(decisions) + len(incidents)
    return {kind: table for kind, table in staying.items() if len(table)}, goes


def _rewrite(
    store: Store, day: date, receipt: Receipt, keys: Mapping[str, DayKey], new: DayKey, going: Mapping[str, Rows]
) -> Receipt:
    """The day's objects of a shard under the new key, without the rows that go; the lines balance as before."""
    objects: list[Sealed] = [sealed for sealed in receipt.objects if sealed.day != day]
    erased: Counter[str] = Counter()
    for sealed in receipt.of_day(day):
        rows = going[sealed.name]
        kept = store.window.get(sealed, keys[sealed.generation]).filter(pa.array(~rows))
        if sealed.kind in LINES:
            erased[sealed.kind] += int(rows.sum())
        if len(kept):
            objects.append(store.window.put(sealed.kind, receipt.source, kept, new))
    before = receipt.counts.model_dump()
    counts = Counts(
        **{**before, "erased": before["erased"] + erased.total()}
        | {kind: before[kind] - erased[kind] for kind in LINES}
    )
    if counts.lines != receipt.counts.lines:
        raise AssertionError("an erasure does not balance; the day keeps its key")
    return receipt.model_copy(update={"objects": tuple(objects), "counts": counts})


def _rows_of(table: pa.Table, addresses: Collection[Address]) -> Rows:
    """The rows in which any text is, or mentions, one of the addresses."""
    rows = np.zeros(len(table), bool)
    for name in table.column_names:
        kind = table.schema.field(name).type
        column = table[name]
        if pa.types.is_binary(kind):
            column = pa.array([raw.decode("utf-8", "replace") for raw in column.to_pylist()], pa.string())
        elif name in STRUCTURAL or not (pa.types.is_string(kind) or pa.types.is_dictionary(kind)):
            continue
        codes, values = distinct_values(column)
        if len(values):
            rows |= np.array(mentions(values, addresses), bool)[codes]
    return rows


def _places(table: pa.Table, number: str) -> list[tuple[str, int]]:
    return list(zip(table["file"].to_pylist(), table[number].to_pylist(), strict=True))


STRUCTURAL: Final = {"log", "file", "reason", "scenario", "level", "module", "code", "method", "protocol"}
