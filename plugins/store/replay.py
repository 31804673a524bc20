"""A store for logs of the past: its clock begins at their newest line, and everything that shows it says so."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from plugins.store.door import Place
from plugins.store.records import read_record, write_record
from schemas.receipts import Record

NAME: Final = "replay.json"


class Replay(Record):
    """What time it was in a replay when it was `began` in the world outside; from then on its clock goes as ours."""

    now: datetime
    began: datetime


def replay_clock(state: Place, clock: Callable[[], datetime]) -> Callable[[], datetime] | None:
    """The clock of a replay store; None in a live one, which only knows the wall clock.

    It goes on, so that also the addresses in a replay are forgotten after a security window.
    """
    record = read_record(state, NAME, Replay)
    if record is None:
        return None
    offset = record.now - record.began
    return lambda: clock() + offset


def set_replay_clock(state: Place, now: datetime, began: datetime) -> None:
    """Let it be `now` in the replay, while it is `began` outside."""
    write_record(state, NAME, Replay(now=now, began=began))
