"""What lives longer than the window ends too: the visit log, statistics, receipts, marks and the audit trail."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from plugins.store.door import Place
from plugins.store.store import Store
from schemas.durations import Duration

TABLE: Final = re.compile(r"[a-z_]+/([0-9]{4}-[0-9]{2}-[0-9]{2})\.parquet")  # whatever else lies there is not ours


def expire(store: Store) -> int:
    """Remove everything older than the policy's [keep]; returns how many objects. The clock is believed."""
    keep, now = store.policy.keep, store.clock()
    old = [
        *_old_tables(store.place("statistics"), _first_kept(store, keep.statistics, now)),
        *_old_tables(store.place("visit_log"), _first_kept(store, keep.visit_log, now)),
        *_old_receipts(store, _first_kept(store, keep.receipts, now)),
    ]
    for place, name in old:
        place.remove(name)
    store.marks.expire(_first_kept(store, keep.statistics, now))
    store.audit.expire(_first_kept(store, keep.audit, now))
    for place in store.places.values():
        place.sweep()
    return len(old)


def _first_kept(store: Store, lasts: Duration, now: datetime) -> date:
    return lasts.before(now).astimezone(store.calendar.zone).date()


def _old_tables(place: Place, before: date) -> Iterator[tuple[Place, str]]:
    for name in list(place.names()):
        if (table := TABLE.fullmatch(name)) and table[1] < str(before):
            yield place, name


def _old_receipts(store: Store, before: date) -> Iterator[tuple[Place, str]]:
    """A file's receipts go together, when the newest is old: the first ones say what the file is."""
    for newest in store.receipts.newest():
        if newest.read_on < before:
            for name in list(store.receipts.place.names(f"{newest.log}/{newest.file}/")):
                yield store.receipts.place, name
