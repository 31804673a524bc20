"""Lines in quarantine, read once more: what a wrong format did is undone as soon as the policy says the right one.

A shard's lines of open days are sealed anew under a further revision of their names, and one write, of the receipt,
lets them count in place of those before. So a kill leaves each shard read as before, or as it should be.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa

from plugins.logs.reading import log_reading, secret_keys_of
from plugins.steps.days import LINES
from plugins.steps.importing import UNFINISHED, Requeuing, carry_out_imports, finish_import, sweep_window
from plugins.steps.reading import open_writer
from plugins.steps.requeue_due import Due, due_files, is_due
from plugins.steps.writing import ShardWriter, count_blank, newest_hour
from plugins.store.records import write_record
from plugins.store.store import Store, Tell
from schemas.receipts import Counts, Mark, Receipt, Sealed
from schemas.refusals import RefusedError
from transforms.parsing.digests import format_digest
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import layouts_in_force
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.requeuing import parse_again
from transforms.statistics.split import SCHEMAS, join_blocks, last_good_day, split_file

REWRITTEN: Final = (*LINES, "events")


@dataclass
class Requeued:
    """How many lines left quarantine, by what they are now; how many stay; old days that could be imported."""

    lines: Counter[str] = field(default_factory=Counter)
    left: int = 0
    marks: list[Mark] = field(default_factory=list)


def requeue(store: Store, logs: Sequence[str], actor: str, tell: Tell, again: bool = False) -> Requeued:
    """Parse the quarantined lines of open days as the policy says now, where they were read otherwise, or `again`.

    Of all logs where none is named. Each line goes to the day of its own time, as a new one would: a closed day's
    counts as late, and of days that the store never opened statistics are made, of all that is requeued in one go.
    Waits for an ingest to end. RefusedError for a log that the policy does not have.
    """
    if unknown := set(logs) - {log.name for log in store.policy.logs}:
        raise RefusedError(f"the policy has no [[logs]] named {min(unknown)}")
    with store.locks.held("ingest"):
        store.check_setting()
        carry_out_imports(store, actor)
        sweep_window(store)
        wanted = [log for log in store.policy.logs if not logs or log.name in logs]
        due = [one for log in wanted for one in due_files(store, log, again)]
        result = Requeued()
        if due:
            write_record(store.place("state"), UNFINISHED, Requeuing(logs=tuple(log.name for log in wanted)))
            store.audit.append(store.clock(), actor, "requeue begun", logs=len(wanted), files=len(due))
            _requeue_files(store, due, result, actor, tell, again)
            sweep_window(store)
            _record(store, result, actor)
    return result


def _record(store: Store, result: Requeued, actor: str) -> None:
    lines = result.lines
    store.audit.append(
        store.clock(),
        actor,
        "requeue done",
        hits=lines["hits"],
        errors=lines["errors"],
        continuations=lines["continuations"],
        late=lines["late"],
        left=result.left,
        imported_days=len(result.marks),
    )


def _requeue_files(store: Store, due: Sequence[Due], result: Requeued, actor: str, tell: Tell, again: bool) -> None:
    writer = open_writer(store)
    for number, (log, receipts, layouts) in enumerate(due, start=1):
        tell(f"requeuing {log.name}: file {number} of {len(due)}")
        how = log_reading(log, store.clock(), secret_keys_of(store.policy))
        with store.writing(*_days_of_window(store)):
            file = FileRequeue(store, writer, layouts, how, again)
            for one in file.requeue(receipts):
                result.lines.update(one)
            result.left += file.left
    result.lines = +result.lines
    result.marks = finish_import(store, writer, actor, tell)


class FileRequeue:
    """One file's shards in order; the locks of all days of the window are held."""

    def __init__(self, store: Store, writer: ShardWriter, layouts: Sequence[Layout], how: Reading, again: bool) -> None:
        self.store, self.writer, self.layouts, self.how, self.again = store, writer, layouts, how, again
        self.digest = format_digest([layout.name for layout in layouts], how)
        self.left = 0

    def requeue(self, receipts: Sequence[Receipt]) -> Iterator[Counter[str]]:
        """For each shard that was read anew, how many lines became what."""
        open_days, previous = self.store.readable_days(), None
        for receipt in receipts:
            new = receipt
            if is_due(receipt, open_days, self.digest, self.again):
                new = self._requeue_shard(receipt, previous, open_days)
                yield Counter(
                    {
                        kind: getattr(new.counts, kind) - getattr(receipt.counts, kind)
                        for kind in Counts.model_fields
                        if kind != "quarantine"
                    }
                )
            previous = new

    def _requeue_shard(self, receipt: Receipt, previous: Receipt | None, open_days: set[date]) -> Receipt:
        replaced = [one for one in receipt.objects if one.day in open_days and one.kind in REWRITTEN]
        tables = {kind: self._open(kind, replaced) for kind in LINES}
        parser = self._parser(receipt, previous)
        state = (previous.open_entry, previous.disowned) if previous else (None, None)
        blocks, state = parse_again(parser, tables["quarantine"], receipt.first_line, state)
        parsed = join_blocks(blocks)
        self.left += len(parsed.quarantine)
        update: dict[str, Any] = {"format": self.digest, "layouts": tuple(layout.name for layout in parser.layouts)}
        last_line = receipt.first_line + receipt.counts.lines - 1
        if len(parsed.quarantine) == len(tables["quarantine"]):
            new = receipt.model_copy(update=update)
            self.store.receipts.put(new)
            return new
        if tables["quarantine"]["line_number"][-1].as_py() == last_line:
            update |= {"open_entry": state[0], "disowned": state[1]}
        return self._write(receipt.model_copy(update=update), previous, tables, parsed, replaced)

    def _write(
        self,
        receipt: Receipt,
        previous: Receipt | None,
        tables: Mapping[str, pa.Table],
        parsed: Parsed,
        replaced: Sequence[Sealed],
    ) -> Receipt:
        """The shard's objects under their next names, then its receipt, then what that does not name any more goes."""
        calendar = self.store.calendar
        whole = _put_together(tables, parsed)
        before = previous.last_day if previous else None
        receipt = receipt.model_copy(update={"revision": receipt.revision + 1})
        days = split_file(whole, calendar.zone, receipt.read_on, before)
        placed = self.writer.place(receipt.log, receipt.sealed_as, days, calendar.today())
        counts = {kind: number - len(tables.get(kind, ())) for kind, number in receipt.counts.model_dump().items()}
        blank = receipt.blank - count_blank(tables["quarantine"]) + count_blank(parsed.quarantine)
        new = receipt.model_copy(
            update={
                "objects": (*(one for one in receipt.objects if one not in replaced), *placed.objects),
                "counts": Counts(**{kind: counts[kind] + getattr(placed.counts, kind) for kind in counts}),
                "newest": max(filter(None, (receipt.newest, newest_hour(parsed))), default=None),
                "last_day": last_good_day(whole, calendar.zone) or receipt.last_day or before,
                "blank": max(0, blank),
            }
        )
        if new.counts.lines != receipt.counts.lines:
            raise AssertionError("a requeue does not balance; the lines stay in quarantine")
        if placed.is_imported:
            self.writer.waiting.append(new)
            return new
        self.store.receipts.put(new)
        for one in replaced:
            self.store.window.place.remove(one.name)
        return new

    def _open(self, kind: str, sealed: Sequence[Sealed]) -> pa.Table:
        tables = [
            self.store.window.get(one, self.store.keys.get(one.day, one.generation))
            for one in sealed
            if one.kind == kind
        ]
        return pa.concat_tables([SCHEMAS[kind].empty_table(), *tables]).unify_dictionaries().sort_by("line_number")

    def _parser(self, receipt: Receipt, previous: Receipt | None) -> Parser:
        layouts = layouts_in_force(self.layouts, previous.layouts if previous else ())
        return Parser(layouts, receipt.log, receipt.file, self.how)


def _put_together(tables: Mapping[str, pa.Table], parsed: Parsed) -> Parsed:
    """What was read before and what is read now, each kind in the order of lines."""
    both = {
        kind: pa.concat_tables([tables[kind], getattr(parsed, kind)]).unify_dictionaries().sort_by("line_number")
        for kind in ("hits", "errors", "continuations")
    }
    return Parsed(**both, quarantine=parsed.quarantine, lines=sum(map(len, both.values())) + len(parsed.quarantine))


def _days_of_window(store: Store) -> list[date]:
    """All days to which a line may go, those that were never opened among them."""
    today, length = store.calendar.today(), store.policy.keep.security_window.days
    return [today + timedelta(days=number) for number in range(-length, 2)]
