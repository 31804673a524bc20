"""Published tables on disk: one Parquet file a table and day, all of them or none."""

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
    """Write `folder/<table>/<day>.parquet` in place of what was there; returns the number of files.

    Every table has a file for every day of `days`, if an empty one, so that a folder can always be read.
    They are written beside `folder` and swapped in when the last one is on disk, so that a reader sees old or new.
    """
    _refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        days = tables["days"]["day"]
        count = sum(_write_days(table, days, Folder(fresh / name, READABLE)) for name, table in tables.items())
        fresh.chmod(READABLE)
        _swap(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return count


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or {entry.name for entry in folder.iterdir()} - TABLES.keys()):
        raise RefusedError(f"{folder} holds other things than Lethe's tables; choose another --out, or empty it")


def _write_days(table: pa.Table, days: pa.ChunkedArray, folder: Folder) -> int:
    for day in days:
        sink = pa.BufferOutputStream()
        pq.write_table(table.filter(pc.equal(table["day"], day)), sink, compression="zstd")
        folder.put(f"{day.as_py().isoformat()}.parquet", sink.getvalue().to_pybytes())
    return len(days)


def _swap(fresh: Path, folder: Path) -> None:
    old = fresh.with_name(f"{fresh.name}-old")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
