"""Files of every kind that the scanner claims to read, with canaries in them: what it does not find, it cannot miss.

They are made in memory, but for a database's write-ahead log.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import struct
import tarfile
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from plugins.forgetting.canaries import Canaries
from plugins.forgetting.scanner import Canary, Scanner
from plugins.keys.day_keys import PROCESS_ONLY, process_only_key
from plugins.store.window import seal, unseal
from schemas.receipts import Sealed
from schemas.window import QUARANTINE

A_DAY: Final = date(2000, 1, 1)
Planted = dict[Canary, bytes]  # a spelling of each
FOR_URLS: Final = ", for URLs"
NOISE: Final = b'203.0.113.7 - - [20/Nov/2026:11:00:00 +0100] "GET / HTTP/1.1" 200 512 "-" "-"\n' * 10


def missed_kinds(scanner: Scanner, canaries: Sequence[Canaries], scratch: Path) -> list[str]:
    """The kinds of files, and the spellings, in which not every canary was found."""
    texts = {Canary(each.day, number): text.encode() for each in canaries for number, text in enumerate(_texts(each))}
    missed = [kind for kind, found in _searches(scanner, texts, canaries, scratch) if not texts.keys() <= found]
    return [*missed, *_missed_spellings(scanner, canaries), *_missed_numbers(scanner, canaries)]


def _texts(canaries: Canaries) -> list[str]:
    return [*map(str, canaries.addresses), *canaries.words]


def _searches(
    scanner: Scanner, texts: Planted, canaries: Sequence[Canaries], scratch: Path
) -> Iterator[tuple[str, set[Canary]]]:
    """What was found in a file of each kind that holds all texts."""
    plain = NOISE + b"\n".join(texts.values()) + b"\n" + NOISE
    for kind, pack in {**PACKED, **ENCODED}.items():
        yield kind, scanner.scan(pack(plain))
    values = [text.decode() for text in texts.values()]
    for kind, table in (
        ("Parquet, plain", pa.table({"a": values})),
        ("Parquet, dictionaries", pa.table({"a": pa.array(values).dictionary_encode()})),
        ("Parquet, binary", pa.table({"a": pa.array(list(texts.values()), pa.binary())})),
        ("Parquet, lists in structs", pa.table({"a": [{"b": [value]} for value in values]})),
    ):
        yield kind, scanner.scan(_parquet(table))
    yield "sealed Parquet", scanner.scan_table(_sealed_and_opened(list(texts.values())))
    yield "SQLite", scanner.scan(_sqlite(":memory:", values))
    yield "SQLite, write-ahead log", scanner.scan(_write_ahead_log(scratch, values))
    yield "serialised objects", scanner.scan(pickle.dumps([*values, *(each.addresses for each in canaries)]))


def _missed_spellings(scanner: Scanner, canaries: Sequence[Canaries]) -> Iterator[str]:
    """Each spelling in a plain file, far enough from the next one that nothing is found because of its neighbour."""
    kinds: dict[tuple[str, bool], Planted] = {}
    for each in canaries:
        for number, one in each.spellings():
            kinds.setdefault((one.kind, one.is_weak), {})[Canary(each.day, number)] = one.content
    for (kind, is_weak), found in kinds.items():
        planted = kinds[kind.removesuffix(FOR_URLS), is_weak] | found  # most are the same for URLs
        if not planted.keys() <= scanner.scan((b"\n" + NOISE).join(planted.values())):
            yield f"spelling {kind}"


def _missed_numbers(scanner: Scanner, canaries: Sequence[Canaries]) -> Iterator[str]:
    """Addresses as numbers and as packed bytes, in columns of their types and in a row."""
    ipv4 = {Canary(each.day, n): a for each in canaries for n, a in enumerate(each.addresses) if a.version == 4}
    packed = {Canary(each.day, n): a.packed for each in canaries for n, a in enumerate(each.addresses)}
    numbers, octets = list(map(int, ipv4.values())), [address.packed for address in ipv4.values()]
    signed = [number - (1 << 32) for number in numbers]
    for kind, content, expected in (
        ("Parquet, unsigned numbers", _parquet(pa.table({"a": pa.array(numbers, pa.uint32())})), ipv4.keys()),
        ("Parquet, signed numbers", _parquet(pa.table({"a": pa.array(signed, pa.int32())})), ipv4.keys()),
        ("Parquet, long numbers", _parquet(pa.table({"a": pa.array(numbers, pa.int64())})), ipv4.keys()),
        ("Parquet, four bytes", _parquet(pa.table({"a": pa.array(octets, pa.binary(4))})), ipv4.keys()),
        ("Parquet, packed", _parquet(pa.table({"a": pa.array(list(packed.values()), pa.binary())})), packed.keys()),
        ("SQLite, numbers", _sqlite(":memory:", numbers), ipv4.keys()),
        ("SQLite, packed", _sqlite(":memory:", list(packed.values())), packed.keys()),
        ("array of numbers", struct.pack(f"<{len(numbers)}I", *numbers), ipv4.keys()),
        ("array of long numbers", struct.pack(f">{len(numbers)}Q", *numbers), ipv4.keys()),
    ):
        if not expected <= scanner.scan(content):
            yield kind


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    dictionaries = any(pa.types.is_dictionary(kind) for kind in table.schema.types)
    pq.write_table(table, sink, compression="zstd", use_dictionary=dictionaries)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _sealed_and_opened(raw: Sequence[bytes]) -> pa.Table:
    """As the window does it, under a key that is nowhere else."""
    key, name = process_only_key(A_DAY), f"{A_DAY}/quarantine/log/file/0-1.{PROCESS_ONLY}.parquet"
    rows = [{"log": "", "file": "", "line_number": 1, "reason": "format", "raw": one} for one in raw]
    content = seal(pa.Table.from_pylist(rows, schema=QUARANTINE), key.secret, name)
    return unseal(content, key.secret, Sealed(name=name, digest="", rows=len(rows)))


def _sqlite(where: str, values: Sequence[Any]) -> bytes:
    with closing(sqlite3.connect(where)) as database:
        database.execute("CREATE TABLE planted (value)")
        database.executemany("INSERT INTO planted VALUES (?)", [(value,) for value in values])
        database.commit()
        return database.serialize()


def _write_ahead_log(scratch: Path, values: Sequence[str]) -> bytes:
    """What a database has written and not yet taken into its file."""
    where = scratch / "planted.db"
    with closing(sqlite3.connect(where)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE planted (value)")
        database.executemany("INSERT INTO planted VALUES (?)", [(value,) for value in values])
        database.commit()
        return where.with_name("planted.db-wal").read_bytes()


def _zstd(plain: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(plain)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _zip(plain: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("planted", plain)
    return sink.getvalue()


def _tar(plain: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        member = tarfile.TarInfo("planted.gz")
        packed = gzip.compress(plain)
        member.size = len(packed)
        archive.addfile(member, io.BytesIO(packed))
    return sink.getvalue()


def _percent(plain: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in plain)


def _base64(shift: int, plain: bytes) -> bytes:
    return b64encode(bytes(shift) + plain)


PACKED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "plain text": bytes,
    "gzip": gzip.compress,
    "zstd": _zstd,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": _zip,
    "tar with gzip inside": _tar,
    "gzip with tar inside": lambda plain: gzip.compress(_tar(plain)),
}
ENCODED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "percent-encoded": _percent,
    "percent-encoded twice": lambda plain: _percent(plain).replace(b"%", b"%25"),
    "JSON": lambda plain: json.dumps(plain.decode()).encode(),
    "JSON, escaped": lambda plain: b'"' + b"".join(b"\\u%04x" % byte for byte in plain) + b'"',
    "UTF-16, little endian": lambda plain: plain.decode().encode("utf-16-le"),
    "UTF-16, big endian": lambda plain: plain.decode().encode("utf-16-be"),
    "UTF-16, at an odd place": lambda plain: b"x" + plain.decode().encode("utf-16-le"),
    **{f"base64, {shift}": partial(_base64, shift) for shift in range(3)},
}
