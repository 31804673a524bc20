"""Reports of what was done, each under the instant at which it was: `<folder>/<instant>….json` below `reports`."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from plugins.store.door import Place
from plugins.store.records import SUFFIX, write_record
from schemas.receipts import Record

INSTANT: Final = "%Y-%m-%dT%H%M%SZ"  # how names write it, in the order of time
REPORT: Final = re.compile(r"([a-z]+)/([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z)[^/]*")


def put_report(reports: Place, folder: str, at: datetime, report: Record, token: str = "") -> None:
    """Keep a report; the token tells two of the same second apart."""
    write_record(reports, f"{folder}/{at.strftime(INSTANT)}{token and f'.{token}'}{SUFFIX}", report)


def newest_first(reports: Place, folder: str) -> Iterator[str]:
    """The names of a folder's reports."""
    return iter(sorted(filter(archived_at, reports.names(f"{folder}/")), reverse=True))


def archived_at(name: str) -> datetime | None:
    """When a report or notice was written, by its name; None for what is no report."""
    found = REPORT.fullmatch(name)
    return read_instant(found[2]) if found else None


def read_instant(written: str) -> datetime:
    return datetime.strptime(written, INSTANT).replace(tzinfo=UTC)
