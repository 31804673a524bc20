"""People's actions, each with what its visit knows: one pass over arrays in the order of visitors and time."""

from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

COLUMNS: Final = ("visitor", "instant", "vhost", "path", "is_pageview", "is_download")
OF_VISITOR: Final = ("device_class", "os", "browser", "country")
OF_VISIT: Final = ("source_kind", "source", "campaign")  # a visit's are those of its first action
ACTIONS: Final = (*COLUMNS, *OF_VISITOR, *OF_VISIT)  # what is read of a hit
SECOND: Final = 1_000_000


def cut_into_visits(hits: pa.Table, gap: timedelta) -> pa.Table:
    """Coded hits, in the order of the log → a row an action: a person's pageview or download.

    A visit: one visitor's actions with gaps under `gap`; a gap of exactly `gap` starts a new one. `dwell` is in whole
    seconds, and null for a visit's last action; `remaining`, to the visit's end, in microseconds; `to_path` the next
    page of the visit, on `to_vhost`, both null on its last.
    """
    acts = hits.filter(pc.or_(hits["is_pageview"], hits["is_download"])).select(ACTIONS)
    acts = acts.take(np.lexsort((acts["instant"].to_numpy(), acts["visitor"].to_numpy())))
    visitor, instant = acts["visitor"].to_numpy(), acts["instant"].to_numpy()
    is_new = np.diff(visitor, prepend=-1) != 0
    starts = is_new | (np.diff(instant, prepend=0) >= gap // timedelta(microseconds=1))
    visit = np.cumsum(starts, dtype=np.int32) - 1
    begins = np.flatnonzero(starts)
    sizes = np.diff(begins, append=len(visit))
    ends = np.roll(starts, -1)  # the first row starts a visit, so the last row ends one
    of_visit = acts.select(OF_VISIT).take(begins).take(visit)
    return pa.table(
        {
            **{name: acts[name] for name in (*COLUMNS, *OF_VISITOR)},
            **{name: of_visit[name] for name in OF_VISIT},
            "visit": visit,
            "dwell": pa.array(((np.roll(instant, -1) - instant) // SECOND).astype(np.int32), mask=ends),
            "starts_visit": starts,
            "is_bounce": (sizes == 1)[visit],
            "remaining": instant[begins + sizes - 1][visit] - instant,
            **_walks(acts["is_pageview"].to_numpy(), acts["path"].to_numpy(), acts["vhost"].to_numpy(), visit),
        }
    )


def _walks(is_pageview: np.ndarray, path: np.ndarray, vhost: np.ndarray, visit: np.ndarray) -> dict[str, pa.Array]:
    """Where visits of pages begin, end and lead; downloads in between do not part two pages."""
    pages = np.flatnonzero(is_pageview)
    is_first = np.diff(visit[pages], prepend=-1) != 0
    is_last = np.roll(is_first, -1)
    is_entry, is_exit = np.zeros((2, len(path)), bool)
    is_entry[pages], is_exit[pages] = is_first, is_last
    to_path, to_vhost, leads = np.zeros_like(path), np.zeros_like(vhost), np.zeros(len(path), bool)
    to_path[pages], to_vhost[pages], leads[pages] = np.roll(path[pages], -1), np.roll(vhost[pages], -1), ~is_last
    return {
        "is_entry": pa.array(is_entry),
        "is_exit": pa.array(is_exit),
        "to_vhost": pa.array(to_vhost, mask=~leads),
        "to_path": pa.array(to_path, mask=~leads),
    }
