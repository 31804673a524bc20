"""Parsed files → local days; every line of every file belongs to exactly one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from schemas.window import CONTINUATIONS, ERRORS, HITS, QUARANTINE
from transforms.parsing.parser import Parsed
from transforms.statistics.compute import Day
from transforms.visits.days import days_of_unreadable, local_days

EPOCH: Final = date(1970, 1, 1)


def join_blocks(blocks: Iterable[Parsed]) -> Parsed:
    """The blocks of one file, in order → one."""
    parts = list(blocks)

    def joined(name: str, schema: pa.Schema) -> pa.Table:
        return pa.concat_tables([schema.empty_table(), *(getattr(part, name) for part in parts)]).unify_dictionaries()

    return Parsed(
        hits=joined("hits", HITS),
        errors=joined("errors", ERRORS),
        quarantine=joined("quarantine", QUARANTINE),
        continuations=joined("continuations", CONTINUATIONS),
        lines=sum(part.lines for part in parts),
    )


def split_days(files: Sequence[Parsed], zone: ZoneInfo, read_on: date) -> list[Day]:
    """The days of the files' lines, oldest first; hits keep the order of files and lines.

    `read_on` is the day of lines that cannot be read in a file without one that can.
    """
    quarantined: Counter[int] = Counter()
    continuations: Counter[int] = Counter()
    hit_days, error_days = [], []
    for file in files:
        hits, errors = _days_of(file.hits, "requested_at", zone), _days_of(file.errors, "logged_at", zone)
        hit_days.append(hits)
        error_days.append(errors)
        lines = np.concatenate([_lines(file.hits), _lines(file.errors)])
        order = np.argsort(lines)
        lines, days = lines[order], np.concatenate([hits, errors])[order]
        unread = days_of_unreadable(_lines(file.quarantine), lines, days, (read_on - EPOCH).days)
        quarantined.update(unread.tolist())
        entries = file.continuations["continues"].to_numpy()
        continuations.update(days[np.searchsorted(lines, entries)].tolist())
    all_hits, all_errors = _together(files, "hits", HITS), _together(files, "errors", ERRORS)
    hits_by_day = _rows_by_day(all_hits, hit_days)
    errors_by_day = _rows_by_day(all_errors, error_days)
    return [
        Day(
            EPOCH + timedelta(days=day),
            hits_by_day.get(day, HITS.empty_table()),
            errors_by_day.get(day, ERRORS.empty_table()),
            continuations[day],
            quarantined[day],
        )
        for day in sorted(hits_by_day.keys() | errors_by_day.keys() | quarantined.keys())
    ]


def _days_of(table: pa.Table, column: str, zone: ZoneInfo) -> np.ndarray:
    return local_days(table[column].cast(pa.int64()).to_numpy(), zone)


def _lines(table: pa.Table) -> np.ndarray:
    numbers: np.ndarray = table["line_number"].to_numpy()
    return numbers


def _together(files: Sequence[Parsed], name: str, schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *(getattr(file, name) for file in files)]).unify_dictionaries()


def _rows_by_day(table: pa.Table, days_of_files: Sequence[np.ndarray]) -> dict[int, pa.Table]:
    days = np.concatenate(days_of_files) if days_of_files else np.array([], np.int64)
    order = np.argsort(days, kind="stable")
    table = table.take(pa.array(order))
    found, starts = np.unique(days[order], return_index=True)
    sizes = np.diff(starts, append=len(days))
    return {int(day): table.slice(start, size) for day, start, size in zip(found, starts, sizes, strict=True)}
