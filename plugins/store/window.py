"""The security window: Parquet that only its day's key opens, sealed in memory before it is written."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_encryption_properties

from plugins.keys.day_keys import DayKey
from plugins.store.door import Place
from plugins.store.parquet import open_parquet
from schemas.incidents import KEPT_INCIDENTS
from schemas.receipts import Sealed, generation_of
from schemas.refusals import RefusedError
from schemas.window import CONTINUATIONS, ERRORS, EVENTS, HITS, KEPT_DECISIONS, LATE, QUARANTINE
from transforms.distinct import occurring

KINDS: Final = {
    "hits": HITS,
    "errors": ERRORS,
    "continuations": CONTINUATIONS,
    "quarantine": QUARANTINE,
    "events": EVENTS,
    "late": LATE,
}  # what a shard becomes, and a receipt names
OF_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d/[^.]\S*\.\w+\.parquet")
DECISIONS: Final = "decisions"
INCIDENTS: Final = "incidents"
KEPT: Final = {DECISIONS: KEPT_DECISIONS, INCIDENTS: KEPT_INCIDENTS}  # of a whole day; no receipt names the object
SCHEMAS: Final = {**KINDS, **KEPT}
DELTAS: Final = {"line_number", "continues", "requested_at", "logged_at", "occurred_at"}  # which mostly grow


class DamagedError(RefusedError):
    """An object of the window cannot be used; it was changed, cut short, swapped or lost."""


class Window:
    """The sealed objects of all days."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def put(self, kind: str, source: str, table: pa.Table, key: DayKey) -> Sealed:
        """Seal a table of KINDS that was read from `source` (`log/file/begin-end`) and store it."""
        name = f"{key.day}/{kind}/{source}.{key.generation}.parquet"
        content = seal(table, key.secret, name)
        self.place.put(name, content)
        return Sealed(name=name, digest=sha256(content).hexdigest(), rows=len(table))

    def get(self, sealed: Sealed, key: DayKey, columns: Sequence[str] | None = None) -> pa.Table:
        """The table of a receipted object, or some columns; DamagedError where it is not what the receipt says."""
        try:
            content = self.place.get(sealed.name)
        except FileNotFoundError:
            raise DamagedError(_sentence(sealed, "is not there any more")) from None
        if sha256(content).hexdigest() != sealed.digest:
            raise DamagedError(_sentence(sealed, "is not what was written"))
        return unseal(content, key.secret, sealed, columns)

    def put_kept(self, kind: str, table: pa.Table, key: DayKey) -> None:
        """Seal all that is kept of a day and a kind, in place of what was kept under this key."""
        name = f"{key.day}/{kind}/kept.{key.generation}.parquet"
        self.place.put(name, seal(table, key.secret, name))

    def get_kept(self, name: str, key: DayKey) -> pa.Table:
        """The table of an object that `kept_of` found; FileNotFoundError where it was removed since."""
        return unseal(self.place.get(name), key.secret, Sealed(name=name, digest="", rows=0))

    def kept_of(self, kind: str, day: date) -> str | None:
        """The object that counts: that of the newest generation. An erasure that was killed leaves two."""
        names = filter(OF_DAY.fullmatch, self.place.names(f"{day}/{kind}/kept."))
        return max(names, key=lambda name: int(generation_of(name)), default=None)

    def names(self, day: date | None = None) -> Iterator[str]:
        """Of the sealed objects; what else lies beside them, as rsync, NFS and editors leave it, is nobody's."""
        return filter(OF_DAY.fullmatch, self.place.names(f"{day}/" if day else ""))


def seal(table: pa.Table, secret: bytes, name: str) -> bytes:
    """A table → encrypted Parquet that opens only under this key and this name (which is not stored in it)."""
    table = without_strangers(table)
    sink = pa.BufferOutputStream()
    properties = create_encryption_properties(secret, aad_prefix=name.encode(), store_aad_prefix=False)
    texts = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    numbers = [field.name for field in table.schema if field.name in DELTAS]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        encryption_properties=properties,
        write_statistics=False,  # nobody looks for a part of an object
        use_dictionary=texts,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def without_strangers(table: pa.Table) -> pa.Table:
    """The same rows, with dictionaries of what occurs in them: a shard's dictionary holds other days' addresses too."""
    table = table.unify_dictionaries().combine_chunks()
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and len(table):
            table = table.set_column(index, field, occurring(table.column(index).chunk(0)))
    return table


def unseal(content: bytes, secret: bytes, sealed: Sealed, columns: Sequence[str] | None = None) -> pa.Table:
    """The opposite of `seal`; DamagedError where key, name or content is another."""
    schema = SCHEMAS[sealed.kind]
    names = schema.names if columns is None else list(columns)
    try:
        file = open_parquet(content, secret, sealed.name)
        written = set(file.schema_arrow.names)
        if not written <= set(schema.names):
            raise KeyError(sealed.kind)  # an object of another kind
        present = [name for name in names if name in written]
        table = file.read(present, use_threads=False)
        wanted = pa.schema([schema.field(name) for name in names])
        return pa.table([_column(table, field) for field in wanted], wanted)
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise DamagedError(_sentence(sealed, "is not opened by its day's key")) from None


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    """What an earlier version did not write yet is missing, where it may be."""
    if field.name in table.column_names or not field.nullable:
        return table[field.name].cast(field.type)
    return pa.nulls(len(table), field.type)


def _sentence(sealed: Sealed, what: str) -> str:
    size = f", {sealed.rows} rows" if sealed.rows else ""
    return (
        f"window: an object of {sealed.day} ({sealed.kind}{size}) {what}; bring back {sealed.name}, "
        f"or give the day up with: lethe close --give-up {sealed.day}"
    )
