"""Parquet out of memory, decoded by the thread that asks.

One of Arrow's own that still holds the bytes while Python ends would abort the process.
"""

from mmap import mmap

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties


def read_parquet(content: bytes | mmap, secret: bytes | None = None, name: str = "") -> pa.Table:
    """All of it; `secret` and `name` are those under which it was sealed. ArrowException or OSError where it is not."""
    return open_parquet(content, secret, name).read(use_threads=False)


def open_parquet(content: bytes | mmap, secret: bytes | None = None, name: str = "") -> pq.ParquetFile:
    """For whoever looks at its columns first or reads it in parts, each with `use_threads=False`."""
    properties = None if secret is None else create_decryption_properties(secret, aad_prefix=name.encode())
    return pq.ParquetFile(pa.BufferReader(pa.py_buffer(content)), decryption_properties=properties)
