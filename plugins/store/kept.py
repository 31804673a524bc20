"""What is kept of an open day in one object a kind, sealed under the day's key and gone with it."""

from datetime import date

import pyarrow as pa

from plugins.keys.day_keys import KeyProblemError
from plugins.store.calendar import ClosedDayError
from plugins.store.store import Store
from plugins.store.window import KEPT
from schemas.receipts import generation_of


def read_kept(store: Store, kind: str, day: date) -> pa.Table:
    """The rows as they are kept; a day that is closed, or has to be, has none. Whoever reads holds no lock."""
    while name := _object_of(store, kind, day):
        try:
            key = store.keys.look(day, generation_of(name))
            return store.window.get_kept(name, key)
        except (FileNotFoundError, KeyProblemError, ClosedDayError):
            if _object_of(store, kind, day) == name:  # else it was closed or written anew on the way
                raise
    return KEPT[kind].empty_table()


def put_kept(store: Store, kind: str, day: date, table: pa.Table) -> None:
    """All rows of a day in place of those before, by one write; the day's lock is held."""
    key = store.keys.current(day, may_make=day not in store.open_days())
    store.window.put_kept(kind, table, key)


def _object_of(store: Store, kind: str, day: date) -> str | None:
    is_open = not store.marks.get(day) and not store.calendar.is_past(day)
    return store.window.kept_of(kind, day) if is_open else None
