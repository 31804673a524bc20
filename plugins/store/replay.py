"""A store for logs of the past: its clock is their newest line, and everything that shows it says so."""

from datetime import datetime
from typing import Final

from plugins.store.door import Place
from plugins.store.records import read_record, write_record
from schemas.receipts import Record

NAME: Final = "replay.json"


class Replay(Record):
    """What time it is in a replay."""

    now: datetime


def replay_clock(state: Place) -> datetime | None:
    """The time of a replay store; None in a live one, which only knows the wall clock."""
    record = read_record(state, NAME, Replay)
    return record.now if record else None


def set_replay_clock(state: Place, now: datetime) -> None:
    write_record(state, NAME, Replay(now=now))
