"""Parsed files → local days; every line of every file belongs to exactly one."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from schemas.window import CONTINUATIONS, ERRORS, HITS, QUARANTINE
from transforms.parsing.parser import Parsed
from transforms.visits.days import days_of_unreadable, local_days

EPOCH: Final = date(1970, 1, 1)
SCHEMAS: Final = {"hits": HITS, "errors": ERRORS, "quarantine": QUARANTINE, "continuations": CONTINUATIONS}


def join_blocks(blocks: Iterable[Parsed]) -> Parsed:
    """The blocks of one file, in order → one; also the parts of one day, of many files."""
    parts = list(blocks)
    tables = {
        name: pa.concat_tables([schema.empty_table(), *(getattr(part, name) for part in parts)]).unify_dictionaries()
        for name, schema in SCHEMAS.items()
    }
    return Parsed(**tables, lines=sum(part.lines for part in parts))


def split_file(file: Parsed, zone: ZoneInfo, read_on: date, last_day: date | None = None) -> dict[date, Parsed]:
    """The lines of a file, or of a part of it, by day; `last_day` is that of the last good line before the part.

    A line in quarantine has the day of the last good line before it, else of the next one, else `read_on`; a
    continuation that of its entry.
    """
    numbers = {name: getattr(file, name)["line_number"].to_numpy() for name in SCHEMAS}
    days = {
        "hits": _days_of(file.hits, "requested_at", zone),
        "errors": _days_of(file.errors, "logged_at", zone),
    }
    lines = np.concatenate([numbers["hits"], numbers["errors"]])
    good = np.concatenate([days["hits"], days["errors"]])
    if len(numbers["hits"]) and len(numbers["errors"]):
        order = np.argsort(lines)
        lines, good = lines[order], good[order]
    if last_day:
        lines, good = np.append(0, lines), np.append((last_day - EPOCH).days, good)
    days["quarantine"] = days_of_unreadable(numbers["quarantine"], lines, good, (read_on - EPOCH).days)
    entries = file.continuations["continues"].to_numpy()
    days["continuations"] = good[np.searchsorted(lines, entries, side="right") - 1] if len(entries) else entries
    tables = {name: _rows_by_day(getattr(file, name), days[name]) for name in SCHEMAS}
    return {
        EPOCH + timedelta(days=day): _part({name: tables[name].get(day) for name in SCHEMAS})
        for day in sorted(set().union(*tables.values()))
    }


def first_good_day(file: Parsed, zone: ZoneInfo) -> date | None:
    """The day of a file's first line that could be read."""
    return min(_good_days(file, zone, last=False), default=(0, None))[1]


def last_good_day(file: Parsed, zone: ZoneInfo) -> date | None:
    """The day of a file's last line that could be read."""
    return max(_good_days(file, zone, last=True), default=(0, None))[1]


def _good_days(file: Parsed, zone: ZoneInfo, *, last: bool) -> list[tuple[int, date]]:
    """Line number and day of the first or last hit and error."""
    found = []
    for table, column in ((file.hits, "requested_at"), (file.errors, "logged_at")):
        if len(table):
            row = table.slice(len(table) - 1 if last else 0, 1)
            day = EPOCH + timedelta(days=int(_days_of(row, column, zone)[0]))
            found.append((row["line_number"][0].as_py(), day))
    return found


def _days_of(table: pa.Table, column: str, zone: ZoneInfo) -> np.ndarray:
    return local_days(table[column].cast(pa.int64()).to_numpy(), zone)


def _part(tables: dict[str, pa.Table | None]) -> Parsed:
    found = {name: SCHEMAS[name].empty_table() if table is None else table for name, table in tables.items()}
    return Parsed(**found, lines=sum(map(len, found.values())))


def _rows_by_day(table: pa.Table, days: np.ndarray) -> dict[int, pa.Table]:
    if len(days) and days.min() == days.max():
        return {int(days[0]): table}
    order = np.argsort(days, kind="stable")
    table = table.take(pa.array(order))
    found, starts = np.unique(days[order], return_index=True)
    sizes = np.diff(starts, append=len(days))
    return {int(day): table.slice(start, size) for day, start, size in zip(found, starts, sizes, strict=True)}
