"""The published tables of a period, out of a folder or a bucket."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from typing import Final, TypeVar

import pyarrow as pa

from plugins.report.shelf import Shelf
from plugins.store.door import Folder, Place
from schemas.statistics import TABLES
from transforms.report.period import Period

ENDING: Final = ".parquet"
AT_ONCE: Final = 8  # requests to an object store; its client keeps ten connections
SHELF: Final = Shelf()

T = TypeVar("T")
Stamps = Mapping[str, str]  # name of a file → what changes with its content


def published_days(place: Place) -> list[date]:
    """The days that have tables, oldest first."""
    return sorted(day for name in place.names("days/") if (day := _day_of(name)))


def list_files(place: Place, period: Period, names: Collection[str]) -> dict[str, str]:
    """The files of these tables and days, and their stamps."""
    same = f"{period.first:%Y-%m}" if f"{period.first:%Y-%m}" == f"{period.last:%Y-%m}" else ""
    prefixes = [f"{name}/{same}" for name in names]
    found = _together(place, lambda prefix: list(place.stamps(prefix)), prefixes)
    return {
        name: stamp
        for files in found
        for name, stamp in files
        if (day := _day_of(name)) and period.first <= day <= period.last
    }


def read_tables(place: Place, files: Stamps, names: Collection[str], shelf: Shelf = SHELF) -> dict[str, pa.Table]:
    """The rows of these files by table; a table without files is empty."""
    schemas = {name: TABLES[name].schema for name in names}

    def read(name: str) -> pa.Table | None:
        with suppress(FileNotFoundError):  # its day has just expired
            return shelf.get(place, schemas[name.partition("/")[0]], name, files[name])
        return None

    parts: dict[str, list[pa.Table]] = {name: [] for name in names}
    for file, table in zip(files, _together(place, read, list(files)), strict=True):
        if table is not None:
            parts[file.partition("/")[0]].append(table)
    return {name: pa.concat_tables(found) if found else schemas[name].empty_table() for name, found in parts.items()}


def _together(place: Place, work: Callable[[str], T], names: Sequence[str]) -> list[T]:
    """In threads where each waits for answers from afar; on a disk there is nothing to wait for."""
    if isinstance(place, Folder):
        return [work(name) for name in names]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(work, names))


def _day_of(name: str) -> date | None:
    """The day of `<table>/<day>.parquet`, None for what else lies there."""
    try:
        return date.fromisoformat(name.partition("/")[2].removesuffix(ENDING)) if name.endswith(ENDING) else None
    except ValueError:
        return None
