"""What an ingest will read: the files in which something is new, found once, read by whoever has time."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

import pyarrow.compute as pc

from plugins.blocklist.exporting import expired_exports, remove_expired, renew_exports
from plugins.logs.discovering import Source, discover
from plugins.logs.fingerprints import Fingerprints
from plugins.logs.origins import Signature
from plugins.logs.reading import instants, read_sample
from plugins.steps.closing import believe_clock, close_expired
from plugins.steps.importing import carry_out_imports, sweep_window
from plugins.store.calendar import Fate
from plugins.store.records import read_record, write_record
from plugins.store.store import Store, Tell
from schemas.policy_model import Log
from schemas.receipts import Fingerprint, Mark, Receipt, Record
from schemas.refusals import RefusedError

PLAN: Final = "ingest/plan.json"
READS: Final = "ingest/read/"  # what became of each file of the plan, where several processes read them


class Planned(Record):
    """A file to read; `file` is its id, of a new one too, so that whoever tries again goes on with the same.

    `end` is how far it was read before, `signature` and `beginning` how it looked when it was found. `is_old`: it
    begins with days that have to be imported.
    """

    log: str
    kind: str
    path: str
    file: str
    end: int
    signature: Signature
    is_old: bool
    beginning: Fingerprint | None = None

    @property
    def size(self) -> int:
        return self.signature[2]


class Plan(Record):
    """One pass over the logs, begun at `began`; `read` are the paths by log in which nothing is new.

    `marks` are days that had to be closed before anything was read. `goes_on`: lines were read by the plan before this
    one, and whoever follows an ingest was never told (`is_told`). No file fits the paths of logs that are `empty`.
    """

    token: str
    began: datetime
    files: tuple[Planned, ...]
    read: dict[str, dict[str, Signature]]
    problems: tuple[str, ...]
    waiting: tuple[str, ...]
    marks: tuple[Mark, ...]
    goes_on: bool = False
    is_told: bool = False
    empty: tuple[str, ...] = ()

    @property
    def has_news(self) -> bool:
        return bool(self.files or self.problems or self.goes_on)

    def chunks(self, most: int) -> list[list[int]]:
        """The files that need not be read in one process, by number, in at most so many parts of about one size."""
        numbers = sorted(
            (number for number, file in enumerate(self.files) if not file.is_old),
            key=lambda number: -self.files[number].size,
        )
        parts: list[list[int]] = [[] for _ in range(min(most, len(numbers)))]
        for number in numbers:
            min(parts, key=lambda part: sum(self.files[one].size for one in part)).append(number)
        return parts


class Seen(Record):
    """How the files looked in which there was nothing new; only a hint, so that they need not be read to know.

    `ends` says how far the log's files were read then. Where receipts of that are gone, the hint is void.
    """

    files: dict[str, Signature]
    ends: dict[str, int]


def plan_ingest(store: Store, actor: str, tell: Tell, clock_is_right: bool = False) -> Plan:
    """Make sure of clock, setting and receipts, shred what is past its deadline, then look at every log.

    The plan is kept in place of the last one, of which nobody goes on then. Whoever calls holds the lock “ingest”.
    """
    state = store.place("state")
    before = read_record(state, PLAN, Plan)
    plan = _look(store, actor, tell, clock_is_right)
    goes_on = before is not None and not before.is_told and (before.goes_on or count_new(store, before).total() > 0)
    plan = plan.model_copy(update={"goes_on": goes_on})
    for name in list(state.names(READS)):
        state.remove(name)
    write_record(state, PLAN, plan)
    return plan


def count_new(store: Store, plan: Plan) -> Counter[str]:
    """What became of the lines that were read by a plan, by their receipts: no killed process takes them along."""
    found: Counter[str] = Counter()
    for receipt in new_receipts(store, plan):
        found.update(receipt.counts.model_dump())
    return found


def new_receipts(store: Store, plan: Plan) -> Iterator[Receipt]:
    """The receipts of what was read by a plan."""
    for planned in plan.files:
        for shard in store.receipts.shards(f"{planned.log}/{planned.file}/"):
            if shard.begin >= planned.end and (receipt := store.receipts.get(shard)):
                yield receipt


def _look(store: Store, actor: str, tell: Tell, clock_is_right: bool) -> Plan:
    began, ended = store.clock(), expired_exports(store)
    remove_expired(store)
    believe_clock(store, clock_is_right)
    store.check_setting()
    carry_out_imports(store, actor)
    _refuse_lost_receipts(store)
    sweep_window(store)
    marks, problems = close_expired(store, actor, tell)
    problems += renew_exports(store) if ended else []  # whose other bans go on
    opened = store.open_days()
    files: list[Planned] = []
    read, waiting, empty = {}, [], []
    key = store.keys.store_key(may_make=not store.receipts.shards())
    store.check_setting()  # a backup has to say with which key files are known
    for log in store.policy.logs:
        known, prints = store.receipts.newest(log.name), Fingerprints(key, log.name)
        found = discover(log, store.base, known, prints, _seen(store, log, known), store.clock().timestamp())
        files += [_plan_file(store, log, source, opened) for source in found.sources]
        read[log.name] = found.read
        problems += found.problems
        waiting += found.waiting
        empty += [log.name] if found.is_empty else []
    return Plan(
        token=secrets.token_hex(8),
        began=began,
        files=tuple(files),
        read=read,
        problems=tuple(problems),
        waiting=tuple(waiting),
        marks=tuple(marks),
        empty=tuple(empty),
    )


def _plan_file(store: Store, log: Log, source: Source, opened: Sequence[date]) -> Planned:
    return Planned(
        log=log.name,
        kind=source.kind,
        path=source.file.name,
        file=source.receipt.file if source.receipt else secrets.token_hex(8),
        end=source.begin,
        signature=source.file.signature,
        is_old=not source.receipt and _begins_with_old_days(store, log, source, opened),
        beginning=None if source.receipt else source.beginning,
    )


def _begins_with_old_days(store: Store, log: Log, source: Source, opened: Sequence[date]) -> bool:
    """A guess from a new file's first lines; whoever meets old days later on says so."""
    sample = read_sample(source.file.origin, source.kind, log, store.clock())
    moments = (moment for column in instants(sample) for moment in pc.unique(column).to_pylist())
    days = {moment.astimezone(store.calendar.zone).date() for moment in moments}
    return any(store.calendar.fate(day, day in opened) is Fate.IMPORTED for day in days)


def _refuse_lost_receipts(store: Store) -> None:
    """Without receipts every line would count again, and the window would be swept as garbage."""
    seen = (read_record(store.place("state"), name, Seen) for name in store.place("state").names("seen/"))
    if any(one.ends for one in seen if one) and not store.receipts.shards():
        raise RefusedError(
            f"all receipts are gone from {store.receipts.place.where}, and the last run had some; bring them back from "
            "a backup. Nothing was done"
        )


def _seen(store: Store, log: Log, known: Sequence[Receipt]) -> dict[str, Signature]:
    before = read_record(store.place("state"), f"seen/{log.name}.json", Seen)
    ends = {receipt.file: receipt.end for receipt in known}
    is_valid = before and all(ends.get(file, -1) >= end for file, end in before.ends.items())
    return before.files if before and is_valid else {}
