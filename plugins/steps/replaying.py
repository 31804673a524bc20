"""The beginning of a replay: a store of its own, whose clock begins at the newest line that can be believed."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from plugins.logs.finding import find_files
from plugins.logs.reading import instants, read_end
from plugins.store.replay import set_replay_clock
from plugins.store.store import open_store, utc_now
from schemas.refusals import RefusedError

LONELY: Final = timedelta(days=1)  # a line so far behind all earlier ones is of a wrong clock


def begin_replay(policy_file: Path, clock: Callable[[], datetime] = utc_now) -> datetime:
    """Set the clock of a replay store by the policy's logs, never back; returns its time.

    RefusedError for a live store, and where no line of the logs can be read.
    """
    store = open_store(policy_file, clock)
    if not store.is_replay and (store.receipts.shards() or store.keys.days()):
        raise RefusedError(f"{store.policy.places.store} is a live store; a replay needs one of its own")
    began = clock()
    ends = [
        moment
        for log in store.policy.logs
        for kind, origin in find_files(log, store.base)
        for column in instants(read_end(origin, kind, log, began))
        for moment in column.to_pylist()
    ]
    newest = newest_plausible(ends)
    if newest is None:
        raise RefusedError(
            "no line of these files can be read; are they access and error logs? Where your server has a format of its "
            "own, give a policy whose first [[logs]] names it: POLICY=policy.toml"
        )
    if not store.is_replay or newest > store.clock():
        set_replay_clock(store.place("state"), newest, began)
    return open_store(policy_file, clock).clock()


def newest_plausible(moments: Iterable[datetime]) -> datetime | None:
    """The newest instant that comes at most a day after another; of a single one, that one."""
    ordered = sorted(moments)
    return max(_accompanied(ordered), default=ordered[0] if ordered else None)


def _accompanied(ordered: list[datetime]) -> Iterator[datetime]:
    return (after for before, after in pairwise(ordered) if after - before <= LONELY)
