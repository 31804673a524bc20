"""What lives longer than the window ends too: visit log, statistics and marks, receipts, audit trail and reports.

The window's own data (quarantine, events and decisions among them) end with their day's key, exports with their first
ban, backups by the purge.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby, pairwise
from typing import Final

from plugins.backups.scratch import sweep_scratch
from plugins.incidents.notices import all_notices, name_of
from plugins.store.door import Place
from plugins.store.reports import archived_at
from plugins.store.store import Store

DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TABLE: Final = re.compile(rf"[a-z_]+/({DAY})\.parquet")  # whatever else lies there is not ours
RECORD: Final = re.compile(rf"(?:checks|anomalies)/({DAY})\.json")  # of a day's tables, with which they end
TRAIL: Final = re.compile(rf"({DAY})\.jsonl")
NOTICES: Final = "notices"
Ended = Iterator[tuple[Place, str]]


def expire(store: Store) -> int:
    """Remove everything that is past what the policy's [keep] promised; returns how many objects.

    The clock is believed. What the policy says from now on is remembered first.
    """
    store.calendar.terms.note(store.clock())
    old = list(ended(store))
    for place, name in old:
        place.remove(name)
    today = store.calendar.today()
    store.marks.expire(_first_kept(store, "statistics", store.marks.days("closed"), today))
    store.audit.expire(_first_kept(store, "audit", _days(store.place("audit"), TRAIL), today))
    for place in store.places.values():
        place.sweep()
    sweep_scratch(store)
    return len(old)


def ended(store: Store, since: timedelta = timedelta()) -> Ended:
    """The objects that may not be kept any more, for so long; but for marks and the audit trail, which end as a row."""
    now = store.clock() - since
    yield from _old_tables(store, "statistics", now)
    yield from _old_tables(store, "visit_log", now)
    yield from _old_records(store, now)
    yield from _old_notices(store, now)
    yield from _old_receipts(store, now)
    yield from _old_reports(store, now)


def _old_tables(store: Store, kind: str, now: datetime) -> Ended:
    place, has_ended = store.place(kind), _by_day(store, kind, now)
    for name in list(place.names()):
        if (table := TABLE.fullmatch(name)) and has_ended(date.fromisoformat(table[1])):
            yield place, name


def _old_records(store: Store, now: datetime) -> Ended:
    state, has_ended = store.place("state"), _by_day(store, "statistics", now)
    for folder in ("checks/", "anomalies/"):
        for name in list(state.names(folder)):
            if (record := RECORD.fullmatch(name)) and has_ended(date.fromisoformat(record[1])):
                yield state, name


def _old_notices(store: Store, now: datetime) -> Ended:
    """Of incidents that nobody has assessed, as long as the audit trail that names them."""
    for notice in all_notices(store):
        if _is_over(store, notice.noticed_at, now):
            yield store.place("state"), name_of(notice.incident)


def _old_receipts(store: Store, now: datetime) -> Ended:
    """A file's receipts go together, when the newest is old: the first ones say what the file is."""
    has_ended = _by_day(store, "receipts", now)
    for newest in store.receipts.newest():
        if has_ended(newest.read_on):
            for name in list(store.receipts.place.names(f"{newest.log}/{newest.file}/")):
                yield store.receipts.place, name


def _old_reports(store: Store, now: datetime) -> Ended:
    """Reports count from when they were written; a notice from when the next one of its language took its place."""
    place = store.place("reports")
    written = [(name, at) for name in sorted(place.names()) if (at := archived_at(name))]
    for name, at in written:
        if not name.startswith(f"{NOTICES}/") and _is_over(store, at, now):
            yield place, name
    notices = sorted((name.rsplit(".", 2)[1:], name, at) for name, at in written if name.startswith(f"{NOTICES}/"))
    for _, of_language in groupby(notices, key=lambda one: one[0]):
        for (_, name, _), (_, _, replaced_at) in pairwise(list(of_language)):
            if _is_over(store, replaced_at, now):
                yield place, name


def _is_over(store: Store, at: datetime, now: datetime) -> bool:
    return now >= store.calendar.terms.ends("audit", at.astimezone(store.calendar.zone))


def _by_day(store: Store, kind: str, now: datetime) -> Callable[[date], bool]:
    """Whether a day's data have ended: a day has many tables, and is asked for once."""
    return cache(lambda day: now >= store.calendar.ends(kind, day))


def _first_kept(store: Store, kind: str, days: list[date], today: date) -> date:
    """The first of these days that has not ended; a later day never ends before it."""
    return next((day for day in sorted(days) if not store.calendar.has_ended(kind, day)), today)


def _days(place: Place, kind: re.Pattern[str]) -> list[date]:
    return [date.fromisoformat(found[1]) for name in place.names() if (found := kind.fullmatch(name))]
