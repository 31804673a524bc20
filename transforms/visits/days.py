"""Which local day an instant belongs to, and which day what cannot be read."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np

DAY: int = 86_400_000_000
QUARTER: int = 900_000_000  # zones change their offset at whole quarters of an hour only


def local_days(instants: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    """Microseconds since 1970, UTC → days since 1970 in `zone`; a day of 23 or 25 hours is one day."""
    quarters = instants // QUARTER
    runs = np.flatnonzero(np.diff(quarters, prepend=quarters[:1] - 1))  # a log is nearly in order: runs are few
    found, where = np.unique(quarters[runs], return_inverse=True)
    offsets = [datetime.fromtimestamp(int(quarter) * 900, UTC).astimezone(zone).utcoffset() for quarter in found]
    shifts = np.array([0 if offset is None else offset.total_seconds() for offset in offsets]) * 1_000_000
    sizes = np.diff(runs, append=len(instants))
    return (instants + np.repeat(shifts.astype(np.int64)[where], sizes)) // DAY


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Midnight in the zone, as UTC; where a change of clock skips it, the moment of the change."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days_of_unreadable(lines: np.ndarray, good_lines: np.ndarray, good_days: np.ndarray, read_on: int) -> np.ndarray:
    """Line numbers in quarantine → the day of the last good line before each in its file.

    Else the day of the next good one, else the day it was read. `good_lines` is in rising order.
    """
    if not len(good_lines):
        return np.full(len(lines), read_on)
    before = np.searchsorted(good_lines, lines) - 1
    return good_days[np.maximum(before, 0)]
