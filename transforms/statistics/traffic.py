"""Hits summed by what tables of traffic tell apart: of ten million rows some thousands are left."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.statistics.coded import CODED

HOUR: Final = 3_600_000_000
KEYS: Final = ("vhost", "agent_kind", "agent", "is_person", "status")
FIGURES: Final = ("hits", "pageviews", "bytes_sent")
TRAFFIC: Final = pa.schema(
    [
        *(CODED.field(name) for name in KEYS),
        *(pa.field(name, pa.int64()) for name in ("hour", *FIGURES)),
    ]
)


def sum_traffic(hits: pa.Table) -> pa.Table:
    """Coded hits → TRAFFIC, a row for each hour (its first instant) and combination of keys."""
    rows = hits.select(KEYS)
    rows = rows.append_column("hour", pa.array(hits["instant"].to_numpy() // HOUR * HOUR))
    rows = rows.append_column("hits", pa.array(np.ones(len(hits), np.int64)))
    rows = rows.append_column("pageviews", pc.cast(hits["is_pageview"], pa.int64()))
    rows = rows.append_column("bytes_sent", hits["bytes_sent"])
    sums = rows.group_by([*KEYS, "hour"]).aggregate([(name, "sum") for name in FIGURES])
    return (
        sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
        .select(TRAFFIC.names)
        .cast(TRAFFIC)
    )
