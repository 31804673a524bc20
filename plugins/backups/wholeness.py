"""Whether a store is whole: a lost one, or one that was put together by hand, must not become the newest backup."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import groupby
from typing import Final

from pydantic import ValidationError

from plugins.backups.target import DamagedBackupError, Target
from plugins.steps.expiring import TABLE
from plugins.store.audit import TamperedError
from plugins.store.records import outermost, shard_of
from plugins.store.reports import archived_at
from plugins.store.store import Store
from schemas.backups import Backed, Manifest
from schemas.forgetting import CANARY_LOG
from schemas.receipts import Receipt
from schemas.refusals import RefusedError

RECEIPTS: Final = "receipts/"
STATISTICS: Final = "statistics/"
MARKS: Final = "state/days/"
SETTING: Final = "state/setting.json"
RESTORES: Final = "restores/"


def check_trail(store: Store) -> set[str]:
    """What a backup has to have that begins now: RefusedError where the audit trail is not as it was written."""
    try:
        store.audit.verify()
    except TamperedError as error:
        raise RefusedError(f"{error}; of a store that is not whole no backup is taken, bring it back first") from None
    trail = {f"audit/{name}" for name in store.place("audit").names()}
    return trail | {f"state/{name}" for name in store.place("state").names("setting.json")}


def check_copied(store: Store, objects: Collection[str], due: set[str], last: Manifest | None) -> None:
    """RefusedError where the store vanished: what it had when the copy began and still has, or always has."""
    due = due & check_trail(store)  # old entries may expire meanwhile, and a new day begin
    due |= {SETTING} if last and SETTING in last.objects else set()
    if missing := due.difference(objects):
        raise RefusedError(
            f"the store vanished while it was copied ({min(missing)} is missing); no backup was taken. Bring it back, "
            "and take one then"
        )


def check_lost(store: Store, objects: Collection[str], target: Target, last: Manifest) -> None:
    """RefusedError where the store lost what the last backup has and [keep] has not ended.

    What a restore since then could not bring back was told by it.
    """
    if any((at := archived_at(name)) and at >= last.taken_at for name in store.place("reports").names(RESTORES)):
        return
    gone = {name: backed for name, backed in last.objects.items() if name not in objects}
    found = Counter([*_lost_by_day(store, gone), *_lost_receipts(store, target, last, gone, objects)])
    if found:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
        raise RefusedError(
            f"the store lost what the backup of {store.calendar.words(last.taken_at)} has and what has not ended "
            f"({kinds}); no backup was taken. Bring it back with: lethe restore, or say that nothing is missing with: "
            "lethe back-up --store-is-right"
        )


def _lost_by_day(store: Store, gone: Collection[str]) -> Iterator[str]:
    """Tables and marks go when a day's statistics end, and never before."""
    has_ended = cache(lambda day: store.calendar.has_ended("statistics", date.fromisoformat(day)))
    for name in gone:
        table = TABLE.fullmatch(name.removeprefix(STATISTICS)) if name.startswith(STATISTICS) else None
        if table and not has_ended(table[1]):
            yield "tables of statistics"
        elif name.startswith(MARKS) and not has_ended(name[len(MARKS) : -len(".json")]):
            yield "marks of closed days"


def _lost_receipts(
    store: Store, target: Target, last: Manifest, gone: Mapping[str, Backed], objects: Collection[str]
) -> Iterator[str]:
    """A file's receipts go together, when its newest one is old; those of canaries when these are proven to be gone.

    One that lies in another, merged one is not lost.
    """
    both = {*gone, *objects}
    shards = {name: shard_of(name.removeprefix(RECEIPTS)) for name in both if name.startswith(RECEIPTS)}
    left = set(outermost(shards.values()))
    lost = sorted(name for name in shards.keys() & gone.keys() if shards[name] in left)
    lost = [name for name in lost if shards[name].log != CANARY_LOG]
    receipts = sorted((name for name in last.objects if name.startswith(RECEIPTS)), key=_begin_of) if lost else ()
    newest = {_file_of(name): last.objects[name] for name in receipts}
    for file, names in groupby(lost, key=_file_of):
        if not _is_over(store, target, newest[file]):
            yield from ("receipts" for _ in names)


def _is_over(store: Store, target: Target, backed: Backed) -> bool:
    """Whether a receipt has ended; one that cannot be read has not."""
    try:
        return store.calendar.has_ended("receipts", Receipt.model_validate_json(target.blob(backed)).read_on)
    except (DamagedBackupError, ValidationError):
        return False


def _file_of(name: str) -> str:
    return name.rpartition("/")[0]


def _begin_of(name: str) -> int:
    return int(name.rpartition("/")[2].partition("-")[0])
