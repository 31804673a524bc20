"""An attack that may have worked: what is kept of it in the window, and what outlives that."""

from datetime import date, datetime
from typing import Final, Literal

import pyarrow as pa

from schemas.receipts import Record
from schemas.window import INSTANT, TEXT

Conclusion = Literal["breach", "no breach"]

# A day's incidents as they are kept; the day, whose key seals them, is in the object's name.
KEPT_INCIDENTS: Final = pa.schema(
    [
        pa.field("incident", pa.string(), nullable=False),  # twelve hex digits, its name everywhere but here
        pa.field("target", pa.string(), nullable=False),
        pa.field("scenario", TEXT, nullable=False),
        pa.field("description", pa.string(), nullable=False),  # the scenario's
        pa.field("first_seen", INSTANT, nullable=False),
        pa.field("last_seen", INSTANT, nullable=False),
        pa.field("reached_at", INSTANT, nullable=False),  # the last hit that looks successful
        pa.field("events", pa.int64(), nullable=False),
        pa.field("noticed_at", INSTANT, nullable=False),
    ]
)


class Notice(Record):
    """What is known of an incident without its day's key: no address, no path, and no time of any hit."""

    incident: str
    scenario: str
    day: date
    noticed_at: datetime
    assessed_at: datetime | None = None
    assessed_by: str = ""
    conclusion: Conclusion | None = None
