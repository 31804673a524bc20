"""Published files as tables, and what is kept in memory of what was made last."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Final, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from plugins.store.door import Place
from schemas.refusals import RefusedError

MOST: Final = 128 * 2**20  # bytes of tables in memory

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Shelf(Generic[Key, Made]):
    """What was asked for last, up to `most` in all by what each weighs; for all threads of a process."""

    def __init__(self, most: int = MOST) -> None:
        self.most, self.size = most, 0
        self._kept: OrderedDict[Key, tuple[Made, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Made | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Key, made: Made, weight: int = 1) -> None:
        with self._lock:
            self.size += weight - (self._kept.pop(key)[1] if key in self._kept else 0)
            self._kept[key] = made, weight
            while self.size > self.most:
                _, (_, oldest) = self._kept.popitem(last=False)
                self.size -= oldest


def read_published(place: Place, schema: pa.Schema, name: str) -> pa.Table:
    """A file in the columns of its table today, texts as dictionaries, since most of them come often.

    Columns that an earlier version did not write are null. FileNotFoundError where the file has gone meanwhile;
    RefusedError where it is no table of ours.
    """
    content = pa.BufferReader(place.get(name))
    try:
        found = _read(content, schema)
        columns = [_column(found, field) for field in schema]
    except pa.ArrowException:
        raise RefusedError(f"{place.where}/{name} is no table that Lethe wrote; take it away") from None
    return pa.table(columns, names=schema.names)


def _read(content: pa.BufferReader, schema: pa.Schema) -> pa.Table:
    written = pq.read_schema(content)
    names = [name for name in schema.names if name in written.names]
    texts = [name for name in names if pa.types.is_string(written.field(name).type)]
    return pq.ParquetFile(content, read_dictionary=texts).read(columns=names, use_threads=False)


def _column(found: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    kind = pa.dictionary(pa.int32(), pa.string()) if pa.types.is_string(field.type) else field.type
    return found[field.name].cast(kind) if field.name in found.column_names else pa.nulls(len(found), kind)
