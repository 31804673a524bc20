"""For spreadsheets, in which nothing that a visitor or a colleague wrote may run."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from plugins.blocklist.decisions import Decision
from plugins.blocklist.formats.bans import heading, iso

COLUMNS: Final = ("decision", "target", "scenario", "decided_at", "until", "first_seen", "last_seen", "events")
WORDS: Final = ("outcome", "decided_by", "reason")
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # a spreadsheet may run what begins so


def write_csv(decisions: Iterable[Decision], now: datetime) -> str:
    """A first line with expiry and count, then a table with its heading, in UTC."""
    active = [one for one in decisions if one.is_active(now)]
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    table.writerow([*COLUMNS, *WORDS])
    for one in active:
        table.writerow([_cell(getattr(one, name)) for name in (*COLUMNS, *WORDS)])
    return heading([one.until for one in active], "decisions") + text.getvalue()


def _cell(value: object) -> str:
    """In plain letters, and without the separator of half of Europe's spreadsheets, behind which a cell would begin."""
    text = iso(value) if isinstance(value, datetime) else str(value)
    text = "".join(char if char.isprintable() else " " for char in text).replace(";", ",").strip()
    return f"'{text}" if text.startswith(FORMULA) else text
