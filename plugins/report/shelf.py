"""Published files as tables, kept in memory while they are the same files."""

from collections import OrderedDict
from threading import Lock
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from plugins.store.door import Place
from schemas.refusals import RefusedError

MOST: Final = 128 * 2**20  # bytes of tables in memory


class Shelf:
    """The tables that were read last, up to `most` bytes; for all threads of a process."""

    def __init__(self, most: int = MOST) -> None:
        self.most, self.size = most, 0
        self._kept: OrderedDict[tuple[str, str], tuple[str, pa.Table]] = OrderedDict()
        self._lock = Lock()

    def get(self, place: Place, schema: pa.Schema, name: str, stamp: str) -> pa.Table:
        """The file of a name; it is read again where `stamp` says that it is another."""
        handle = (place.where, name)
        with self._lock:
            kept = self._kept.get(handle)
            if kept and kept[0] == stamp:
                self._kept.move_to_end(handle)
                return kept[1]
        table = read_published(place, schema, name)
        self._keep(handle, stamp, table)
        return table

    def _keep(self, handle: tuple[str, str], stamp: str, table: pa.Table) -> None:
        with self._lock:
            _, old = self._kept.pop(handle, ("", None))
            self._kept[handle] = (stamp, table)
            self.size += table.nbytes - (old.nbytes if old is not None else 0)
            while self.size > self.most:
                _, (_, oldest) = self._kept.popitem(last=False)
                self.size -= oldest.nbytes


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
