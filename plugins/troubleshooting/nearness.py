"""Which hits and error entries may belong together, roughly and for millions: same request id, or client and moment."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from plugins.troubleshooting.fitting import Mask, instants
from transforms.distinct import dictionary_codes

SLACK: Final = 4  # seconds by which the two logs of a server may say another moment for the same request
ROOM: Final = 40  # bits for the seconds beside a client's number
Keys = NDArray[np.int64]


class Nearness:
    """The error entries of a time, and which of them were near hits that it was shown."""

    def __init__(self, errors: pa.Table) -> None:
        codes, clients = dictionary_codes(errors["client_ip"])
        self.clients = clients.cast(pa.string())
        known = codes < len(clients)
        self.of_error = np.where(known, (codes << ROOM) + instants(errors["logged_at"]) // 1_000_000, -1)
        self.keys = np.unique(self.of_error[known])
        self.request_ids = errors["request_id"].combine_chunks()
        self.ids = pc.unique(self.request_ids).drop_null()
        self.near_keys: list[Keys] = []
        self.near_ids: list[pa.Array] = []

    def near(self, hits: pa.Table) -> Mask:
        """Which of the hits may belong to an entry; they are remembered for `errors_near`."""
        found = np.zeros(len(hits), bool)
        if len(self.keys):
            for keys in self._keys_of(hits):
                near = (keys >= 0) & _is_near(keys, self.keys)
                found |= near
                self.near_keys.append(np.unique(keys[near]))
        if len(self.ids):
            same = pc.is_in(hits["request_id"], self.ids)
            self.near_ids.append(hits["request_id"].filter(same).combine_chunks())
            found |= np.asarray(same)
        return found

    def errors_near(self) -> Mask:
        """Which entries may belong to a hit that was near."""
        keys = np.unique(np.concatenate([np.empty(0, np.int64), *self.near_keys]))
        found = (self.of_error >= 0) & _is_near(self.of_error, keys)
        for ids in self.near_ids:
            found |= np.asarray(pc.is_in(self.request_ids, ids, skip_nulls=True))
        return found

    def _keys_of(self, hits: pa.Table) -> list[Keys]:
        """Client and second; servers log when a request began or when it ended, so both of long ones."""
        codes, clients = dictionary_codes(hits["client_ip"])
        numbers = pc.index_in(clients.cast(pa.string()), self.clients).fill_null(-1)
        client = np.append(np.asarray(numbers), -1).astype(np.int64)[codes]
        second = instants(hits["requested_at"]) // 1_000_000
        lasted = np.asarray(pc.fill_null(hits["request_seconds"], 0.0))
        is_long = lasted > 1
        moves = [0, *((-1, 1) if is_long.any() else ())]
        shifted = (second + (move * np.where(is_long, lasted, 0)).astype(np.int64) for move in moves)
        return [np.where(client >= 0, (client << ROOM) + moment, -1) for moment in shifted]


def _is_near(keys: Keys, others: Keys) -> Mask:
    """Whether there is one of `others`, in order, at most SLACK away; parts of seconds were cut off."""
    if not len(others):
        return np.zeros(len(keys), bool)
    places = np.searchsorted(others, keys - SLACK - 1)
    near: Mask = (places < len(others)) & (others[np.minimum(places, len(others) - 1)] <= keys + SLACK + 1)
    return near
