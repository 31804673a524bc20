"""The published tables of a period, out of a folder or a bucket."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from typing import Final, TypeVar

import pyarrow as pa

from plugins.report.shelf import Shelf, read_published
from plugins.store.door import Folder, Place
from schemas.statistics import TABLES
from transforms.report.period import Period

ENDING: Final = ".parquet"
AT_ONCE: Final = 8  # requests to an object store; its client keeps ten connections
Tables = Shelf[tuple[str, str, str], pa.Table]  # by place, name and stamp
SHELF: Final[Tables] = Shelf()

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


def read_tables(place: Place, files: Stamps, names: Collection[str], shelf: Tables = SHELF) -> dict[str, pa.Table]:
    """The rows of these files by table; a table without files is empty."""
    return dict(Unread(place, files, names, shelf))


class Unread(Mapping[str, pa.Table]):
    """Tables that are read whenever one is asked for, and not held: a year of them may be more than fits in memory."""

    def __init__(self, place: Place, files: Stamps, names: Collection[str], shelf: Tables = SHELF) -> None:
        self.place, self.files, self.names, self.shelf = place, files, names, shelf

    def __getitem__(self, name: str) -> pa.Table:
        schema = TABLES[name].schema

        def read(file: str) -> pa.Table | None:
            key = self.place.where, file, self.files[file]
            table = self.shelf.get(key)
            if table is None:
                with suppress(FileNotFoundError):  # its day has just expired
                    table = read_published(self.place, schema, file)
                    self.shelf.put(key, table, table.nbytes)
            return table

        files = [file for file in self.files if file.startswith(f"{name}/")]
        found = [table for table in _together(self.place, read, files) if table is not None]
        return pa.concat_tables(found) if found else schema.empty_table()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names  # without reading it


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
