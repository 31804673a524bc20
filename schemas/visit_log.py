"""The visit log: the hits and the visits of a closed day, a row each, to the minute and without a full address.

No column has nulls: missing text is `unknown`, a value of too few visitors `(other)`, a missing `status` 0.
"""

from typing import Final

import pyarrow as pa

from schemas.dictionary import documented

MINUTE: Final = pa.timestamp("us", tz="UTC")
TYPES: Final = {
    "day": pa.date32(),
    "minute": MINUTE,
    "status": pa.int64(),
    "bytes_sent": pa.int64(),
    "visit_seconds": pa.float64(),
    "actions": pa.int64(),
}


def _schema(table: str, *names: str) -> pa.Schema:
    fields = [pa.field(name, TYPES.get(name, pa.string()), nullable=False) for name in names]
    return documented(f"visit_log/{table}", pa.schema(fields))


VISIT_LOG: Final = {
    "hits": _schema(
        "hits",
        *("day", "minute", "vhost", "client_network", "method", "path", "status", "bytes_sent"),
        *("source_kind", "source", "agent_kind", "browser", "os", "device_class", "country"),
    ),
    "visits": _schema(
        "visits",
        *("day", "minute", "vhost", "visit_seconds", "actions", "entry_path", "exit_path"),
        *("source_kind", "source", "device_class", "country"),
    ),
}
