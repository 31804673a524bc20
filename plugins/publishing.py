"""Published tables on disk: one Parquet file a table and day, all of them or none."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from plugins.store.door import Folder
from schemas.refusals import RefusedError
from schemas.statistics import TABLES

READABLE: Final = 0o755  # aggregates, for every analyst of the machine


def publish_tables(tables: Mapping[str, pa.Table], folder: Path) -> int:
    """Write `folder/<table>/<day>.parquet` and return how many; other days, of earlier runs, stay.

    Every table has a file for every day of `days`, if an empty one, so that a folder can always be read.
    They are written beside `folder` and swapped in when the last one is on disk, so that a reader sees old or new.
    """
    refuse_unusable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        days = tables["days"]["day"]
        count = sum(_write_days(table, days, Folder(fresh / name, READABLE)) for name, table in tables.items())
        fresh.chmod(READABLE)
        _keep_other_days(folder, fresh)
        _swap(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return count


def refuse_unusable(folder: Path) -> None:
    """Raise, before any work is done, where `folder` holds other things or cannot be written."""
    if folder.exists() and (not folder.is_dir() or {entry.name for entry in folder.iterdir()} - TABLES.keys()):
        raise RefusedError(f"{folder} holds other things than Lethe's tables; choose another --out, or empty it")
    nearest = next(parent for parent in folder.absolute().parents if parent.exists())
    if not nearest.is_dir():
        raise RefusedError(f"{nearest} is a file; choose another --out")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise RefusedError(f"{nearest} may not be written by this user; choose another --out")


def _keep_other_days(folder: Path, fresh: Path) -> None:
    for path in folder.glob("*/*.parquet"):
        place = fresh / path.relative_to(folder)
        if not place.exists():
            os.link(path, place)


def _write_days(table: pa.Table, days: pa.ChunkedArray, folder: Folder) -> int:
    for day in days:
        folder.put(f"{day.as_py().isoformat()}.parquet", as_parquet(table.filter(pc.equal(table["day"], day))))
    return len(days)


def as_parquet(table: pa.Table) -> bytes:
    """The table as a Parquet file, for everybody who may read its place; its metadata are text that any reader shows.

    Parquet's own types say all: Arrow's copy of the schema would be the largest part of a small file.
    """
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(table.schema.metadata or {})
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _swap(fresh: Path, folder: Path) -> None:
    old = fresh.with_name(f"{fresh.name}-old")
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
