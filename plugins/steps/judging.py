"""What is odd about the days that are over: judged once their logs are whole, and again where their tables change."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final

import pyarrow as pa
from pyarrow.csv import write_csv

from plugins.report.reading import published_days
from plugins.report.shelf import read_published
from plugins.steps.days import LINES
from plugins.steps.subjects import subject_of
from plugins.steps.watching import Watch
from plugins.store.door import Place
from plugins.store.records import SUFFIX, read_record, write_record
from plugins.store.store import Store
from schemas.receipts import Record
from schemas.statistics import TABLES
from transforms.checking.anomalies import WEEKS, find_anomalies
from transforms.checking.history import History, Series, read_history
from transforms.visits.days import start_of_day

FOLDER: Final = "anomalies"
JUDGED: Final = 7  # days at most
PATIENCE: Final = timedelta(hours=36)  # for a log that is shipped once a day
READ: Final = {  # the columns that a day is judged by
    "days": ("day", "lines", "quarantined", "hits"),
    "traffic_hourly": ("day", "hour", "agent_kind", "hits", "bytes_sent", "errors_5xx"),
}


class Odd(Record):
    """A finding of a day, in words."""

    kind: str
    words: str


class Judged(Record):
    """What was odd about a day, by which tables (their digest), and how many lines each log had.

    `at` is when the newest of its findings was found: judged again, it may still be there, and is told no more.
    """

    at: datetime
    tables: str
    logs: dict[str, int]
    odd: tuple[Odd, ...] = ()


def judge_days(store: Store) -> None:
    """Judge the last days that are over and keep what is odd; those whose tables are still the same are left alone."""
    published = _published(store)
    changed = [day for day in _last_days(store) if day >= min(published, default=day) and not _is_judged(store, day)]
    if not published or not changed:
        return
    judge = Judge(store)
    for day in sorted(changed):
        if judge.is_whole(day):
            write_record(store.place("state"), _record(day), judge.judge(day))


def odd_days(store: Store) -> dict[date, Judged]:
    """The last days that were judged, newest first."""
    return {
        day: found for day in _last_days(store) if (found := read_record(store.place("state"), _record(day), Judged))
    }


class Judge:
    """One look at the store: its receipts and the tables of the last weeks are read once."""

    def __init__(self, store: Store) -> None:
        self.store, self.now, self.zone = store, store.clock(), store.calendar.zone
        self.watch = Watch(store)
        self.newest = {log.log: log.newest for log in self.watch.logs()}

    def is_whole(self, day: date) -> bool:
        """Whether no log may still bring lines of the day; one that is silent for long is not waited for."""
        is_late = self.now - self._end(day) > PATIENCE
        return is_late or all(newest is None or newest >= self._end(day) for newest in self.newest.values())

    def judge(self, day: date) -> Judged:
        """What is odd about a day."""
        whole = [log for log, newest in self.newest.items() if newest and newest >= self._end(day)]
        found = find_anomalies(self.history, day, whole)
        logs = {log: self.lines[log, day] for log in self.newest if self.lines[log, day]}
        odd = tuple(Odd(kind=one.kind, words=one.words) for one in found)
        return Judged(at=self._since(day, odd), tables=_digest(self.store, day), logs=logs, odd=odd)

    def _since(self, day: date, odd: Iterable[Odd]) -> datetime:
        before = read_record(self.store.place("state"), _record(day), Judged)
        is_known = before is not None and before.at <= self.now and _subjects(odd) <= _subjects(before.odd)
        return before.at if before and is_known else self.now

    @cached_property
    def lines(self) -> Counter[tuple[str, date]]:
        """Of the last days, by log."""
        found: Counter[tuple[str, date]] = Counter()
        for receipt in self.watch.recent:
            for sealed in receipt.objects:
                if sealed.kind in LINES:
                    found[receipt.log, sealed.day] += sealed.rows
        return found

    @cached_property
    def history(self) -> History:
        """The tables of the last weeks, and how many lines of each log the days of their judgement had."""
        state, days = self.store.place("state"), _published(self.store)
        tables = [found for day in days if (found := _read(self.store.place("statistics"), day))]
        logs: dict[str, Series] = {log: {} for log in self.newest}
        for day in days:
            judged = read_record(state, _record(day), Judged)
            for log, series in logs.items():
                if lines := judged.logs.get(log, 0) if judged else self.lines[log, day]:
                    series[day] = lines
        whole = {
            name: pa.concat_tables([_schema(name).empty_table(), *(part[name] for part in tables)]) for name in READ
        }
        return read_history(whole["days"], whole["traffic_hourly"], self.zone, logs)

    def _end(self, day: date) -> datetime:
        return start_of_day(day + timedelta(days=1), self.zone)


def _subjects(odd: Iterable[Odd]) -> set[str]:
    return {subject_of(one.words) for one in odd}


def _is_judged(store: Store, day: date) -> bool:
    judged = read_record(store.place("state"), _record(day), Judged)
    return judged is not None and judged.tables == _digest(store, day)


def _last_days(store: Store) -> list[date]:
    """Before today, newest first."""
    return [store.calendar.today() - timedelta(days=number) for number in range(1, JUDGED + 1)]


def _published(store: Store) -> list[date]:
    """The days of the last weeks that have tables."""
    today = store.calendar.today()
    first = today - timedelta(weeks=WEEKS, days=JUDGED)
    return sorted({day for day in published_days(store.place("statistics")) if first <= day < today})


def _digest(store: Store, day: date) -> str:
    """Of what a day is judged by; of nothing where it has no tables."""
    found = sha256()
    for part in (_read(store.place("statistics"), day) or {}).values():
        text = pa.BufferOutputStream()
        write_csv(part, text)
        found.update(text.getvalue())
    return found.hexdigest()[:16]


def _read(place: Place, day: date) -> dict[str, pa.Table] | None:
    """A day's part of each table; None where it has none, or where they have just expired."""
    try:
        return {table: _read_part(place, table, day) for table in READ}
    except FileNotFoundError:
        return None


def _read_part(place: Place, table: str, day: date) -> pa.Table:
    """Figures that an earlier version did not write are 0."""
    schema = _schema(table)
    found = read_published(place, schema, f"{table}/{day}.parquet").cast(schema)
    filled = [column.fill_null(0) if pa.types.is_integer(column.type) else column for column in found.columns]
    return pa.table(filled, schema=schema)


def _schema(table: str) -> pa.Schema:
    return pa.schema([pa.field(name, TABLES[table].schema.field(name).type) for name in READ[table]])


def _record(day: date) -> str:
    return f"{FOLDER}/{day}{SUFFIX}"
