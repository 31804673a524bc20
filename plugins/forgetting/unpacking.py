"""What is in bytes that are no plain text: decoded text, decompressed files, archives, tables, databases.

What cannot be unpacked, since it is damaged or of another kind after all, has been looked at as it stands.
"""

import io
import json
import lzma
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from mmap import mmap
from typing import IO, Any, Final, cast
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.compute as pc

from plugins.store.parquet import open_parquet

Content = bytes | mmap
PART: Final = 64 << 20  # bytes that are decompressed at once
OVERLAP: Final = 1024
CHUNK: Final = 32 << 10  # bytes, of which damage takes the last
ROWS: Final = 10_000
PERCENT: Final = "%(?:25)*(?:3[0-9Aa]|2[DdEe]|4[1-6]|6[1-6])"  # digits, dots, dashes, colons, a to f
UNICODE: Final = r"\\u00[0-9A-Fa-f]{2}"  # RFC 8259 §7
WIDE: Final = r"[0-9A-Za-z]\x00(?:[0-9A-Za-z.:-]\x00){2,}"  # UTF-16 in either byte order, from its first letter on
ENCODED: Final = f"{PERCENT}|{UNICODE}|{WIDE}"
AROUND: Final = 256  # bytes; no canary begins farther from an escape in it
DAMAGED: Final = (pa.ArrowException, OSError, EOFError, ValueError, RuntimeError, NotImplementedError)
ARCHIVES: Final = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, sqlite3.Error)


def decode(text: bytes) -> Iterator[bytes]:
    """What is escaped in a text, and what is near it, as it reads with one layer of escapes less."""
    if escaped := _around(PERCENT, text):
        yield unquote_to_bytes(escaped)
    if escaped := _around(UNICODE, text):
        yield re.sub(rb"\\u00([0-9A-Fa-f]{2})", lambda escape: bytes.fromhex(escape[1].decode()), escaped)
    if wide := [match[0][::2] for match in re.finditer(WIDE.encode(), text)]:
        yield b"\n".join(wide)


def _around(pattern: str, text: bytes) -> bytes:
    """The parts of a text in which something is found, with what is near it."""
    parts: list[tuple[int, int]] = []
    for match in re.finditer(pattern.encode(), text):
        begin, end = max(0, match.start() - AROUND), match.end() + AROUND
        if parts and begin <= parts[-1][1]:
            parts[-1] = parts[-1][0], end
        else:
            parts.append((begin, end))
    return b"\n".join(text[begin:end] for begin, end in parts)


def is_packed(content: Content) -> bool:
    """Whether other files are in it."""
    return any(content[at : at + len(magic)] == magic for at, magic, _ in KINDS)


def unpack(content: Content) -> Iterator[bytes]:
    """The files in a file of a kind that is known by its first bytes."""
    for at, magic, opened in KINDS:
        if content[at : at + len(magic)] == magic:
            with suppress(*DAMAGED, *ARCHIVES):
                yield from opened(content)


def table_text(table: pa.Table) -> bytes:
    """The distinct values of each column, sorted, each in a line; also numbers, and what lists and structs hold."""
    return b"\n".join(_lines(values) for column in table.columns for values in _flattened(column))


def row_texts(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The values of a database's rows, each in a line, and those that are files themselves once more."""
    lines: list[bytes] = []
    for row in rows:
        for value in row:
            line = _line(value)
            lines.append(line)
            if isinstance(value, bytes | memoryview) and is_packed(line):
                yield line
        if len(lines) > ROWS:
            yield b"\n".join(lines)
            lines = []
    yield b"\n".join(lines)


def _line(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)).encode(errors="replace")


def _flattened(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    """Columns of plain values; of a dictionary all that it holds, used or not."""
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            yield from _flattened(pa.chunked_array([chunk.dictionary]))
        elif pa.types.is_struct(chunk.type):
            yield from (part for field in chunk.flatten() for part in _flattened(pa.chunked_array([field])))
        elif pa.types.is_map(chunk.type):
            yield from (part for one in (chunk.keys, chunk.items) for part in _flattened(pa.chunked_array([one])))
        elif pa.types.is_list(chunk.type) or pa.types.is_large_list(chunk.type):
            yield from _flattened(pa.chunked_array([chunk.flatten()]))
        else:
            yield chunk


def _lines(values: pa.Array) -> bytes:
    kind = values.type
    if pa.types.is_integer(kind):
        values = pc.unique(values).sort().cast(pa.string())
    elif pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        values = pc.unique(values).sort()
    elif not (pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)):
        return b""  # instants, truth values and fractions hold no address
    return b"\n".join(_line(value) for value in values.drop_null().to_pylist())


def _file(content: Content) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else cast(IO[bytes], content)


def _decompress(codec: str) -> Callable[[Content], Iterator[bytes]]:
    def opened(content: Content) -> Iterator[bytes]:
        with pa.CompressedInputStream(pa.BufferReader(pa.py_buffer(content)), codec) as stream:
            yield from _parts(stream.read)

    return opened


def _decompress_xz(content: Content) -> Iterator[bytes]:
    with lzma.open(_file(content)) as stream:
        yield from _parts(stream.read)


def _parts(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Long content in parts that overlap; what comes before damage counts."""
    end = b""
    while True:
        chunks, size = [end], 0
        with suppress(*DAMAGED, *ARCHIVES):
            while size < PART and (chunk := read(CHUNK)):
                chunks.append(chunk)
                size += len(chunk)
        if not size:
            return
        part = b"".join(chunks)
        yield part
        end = part[-OVERLAP:]
        if size < PART:
            return


def _unzip(content: Content) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content[:])) as archive:
        for name in archive.namelist():
            with suppress(*DAMAGED, *ARCHIVES), archive.open(name) as member:
                yield from _parts(member.read)


def _untar(content: Content) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(content[:])) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                yield from _parts(file.read)


def _read_parquet(content: Content) -> Iterator[bytes]:
    file = open_parquet(content)
    for group in range(file.num_row_groups):
        yield table_text(file.read_row_group(group, use_threads=False))


def _read_sqlite(content: Content) -> Iterator[bytes]:
    """Rows; as it stands, the file also shows what was deleted and not yet overwritten."""
    rollback = content[:18] + b"\x01\x01" + content[20:]  # in memory there is no write-ahead log
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(rollback)
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            name = table.replace('"', '""')
            yield from row_texts(database.execute(f'SELECT * FROM "{name}"'))  # noqa: S608 - SQL names no tables by parameter


KINDS: Final[tuple[tuple[int, bytes, Callable[[Content], Iterator[bytes]]], ...]] = (
    (0, b"\x1f\x8b", _decompress("gzip")),
    (0, b"\x28\xb5\x2f\xfd", _decompress("zstd")),
    (0, b"BZh", _decompress("bz2")),
    (0, b"\xfd7zXZ\x00", _decompress_xz),
    (0, b"PK\x03\x04", _unzip),
    (257, b"ustar", _untar),
    (0, b"PAR1", _read_parquet),
    (0, b"SQLite format 3\x00", _read_sqlite),
)
