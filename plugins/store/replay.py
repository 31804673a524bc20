"""A store for logs of the past: its clock stands at their newest line, and everything that shows it says so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from plugins.store.door import Place
from plugins.store.records import read_record, write_record
from schemas.receipts import Record

NAME: Final = "replay.json"
STILL: Final = timedelta(days=1)  # long enough for any run: no day may fall due in the middle of it


class Replay(Record):
    """What time it was in a replay when it was `began` in the world outside."""

    now: datetime
    began: datetime


def replay_clock(state: Place, clock: Callable[[], datetime]) -> Callable[[], datetime] | None:
    """The clock of a replay store; None in a live one, which only knows the wall clock.

    It stands still for a day, so that a run gives the same however fast the machine is; then it goes as ours does, so
    that also the addresses in a replay are forgotten after a security window.
    """
    record = read_record(state, NAME, Replay)
    return partial(_time, record, clock) if record else None


def _time(record: Replay, clock: Callable[[], datetime]) -> datetime:
    return record.now + max(timedelta(), clock() - record.began - STILL)


def set_replay_clock(state: Place, now: datetime, began: datetime) -> None:
    """Let it be `now` in the replay, while it is `began` outside."""
    write_record(state, NAME, Replay(now=now, began=began))
