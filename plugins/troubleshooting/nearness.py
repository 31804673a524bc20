"""Which hits and error entries may belong together, roughly and for millions: same request id, or client and moment."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from plugins.troubleshooting.fitting import Mask, instants
from transforms.distinct import Codes, dictionary_codes

SLACK: Final = 4  # seconds by which the two logs of a server may say another moment for the same request
ROOM: Final = 40  # bits for the seconds beside a client's number
LONGEST: Final = 600  # seconds; of a request that took longer, such as a WebSocket, only this much counts


class Nearness:
    """The error entries of a time."""

    def __init__(self, errors: pa.Table) -> None:
        codes, clients = dictionary_codes(errors["client_ip"])
        self.clients = clients.cast(pa.string())
        keys = (codes << ROOM) + instants(errors["logged_at"]) // 1_000_000
        self.order = np.argsort(keys)
        self.keys = keys[self.order]
        self.request_ids = errors["request_id"]

    def near(self, hits: pa.Table) -> Mask:
        """Which of the hits may belong to an entry."""
        begin, end = self._around(hits)
        near: Mask = (begin < end) | _is_in(hits["request_id"], self.request_ids)
        return near

    def errors_near(self, hits: pa.Table) -> Mask:
        """Which entries may belong to one of the hits."""
        steps = np.zeros(len(self.keys) + 1, np.int64)
        for places, step in zip(self._around(hits), (1, -1), strict=True):
            np.add.at(steps, places, step)
        near: Mask = _is_in(self.request_ids, hits["request_id"])
        near[self.order[np.cumsum(steps)[:-1] > 0]] = True
        return near

    def _around(self, hits: pa.Table) -> tuple[Codes, Codes]:
        """From where until where entries of its client stand while a hit lasted, which logs say by either end of it."""
        codes, clients = dictionary_codes(hits["client_ip"])
        numbers = pc.index_in(clients.cast(pa.string()), self.clients).fill_null(-1)
        client = np.append(np.asarray(numbers), -1).astype(np.int64)[codes]
        lasted = np.clip(np.ceil(np.asarray(pc.fill_null(hits["request_seconds"], 0.0))), 0, LONGEST).astype(np.int64)
        keys, reach = (client << ROOM) + instants(hits["requested_at"]) // 1_000_000, lasted + SLACK + 1
        return np.searchsorted(self.keys, keys - reach), np.searchsorted(self.keys, keys + reach, side="right")


def _is_in(ids: pa.ChunkedArray, others: pa.ChunkedArray) -> Mask:
    return np.array(pc.is_in(ids, others.drop_null()))
