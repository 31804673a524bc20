"""What lies in a place of backups: manifests that name blobs, and what ended since the first of them.

manifests/<taken_at>.<token>.json.gz    a Manifest
blobs/<two digits>/<SHA-256>            an object's bytes, under their digest
ended/closed/<day>.json                 a `schemas.receipts.Mark`: the day's key is shredded
ended/erased/<day>.<generation>.json    an ErasedDay
ended/tokens/<name>.json                a RemovedToken
audit/<day>.json                        roots of the audit trail
"""

from datetime import date, datetime

from pydantic import Field

from schemas.receipts import Record


class Backed(Record):
    """An object of the store in a backup: SHA-256 and number of its bytes."""

    digest: str
    size: int


class Manifest(Record):
    """A backup: which objects a store had, by `<root>/<name>` (such as `receipts/www/…`), and where their bytes lie.

    `lines` are those that receipts named; `erased` is, by day, the newest generation written for an erasure by then.
    A `thinned` one is past its time and has lost all that is of persons.
    """

    token: str
    taken_at: datetime
    policy_version: str
    lines: int
    objects: dict[str, Backed]
    is_thinned: bool = False
    erased: dict[date, int] = Field(default_factory=dict)


class ErasedDay(Record):
    """That a day was written anew under a key generation; objects of earlier ones hold what was erased."""

    day: date
    generation: str
    at: datetime


class RemovedToken(Record):
    """That tokens of that name, which were added until then, open nothing any more."""

    name: str
    at: datetime


class Purged(Record):
    """A purge: what went, and what the listing of every version, marker and upload showed afterwards."""

    at: datetime
    manifests: int
    blobs: int
    traces: int
    left: int
    oldest: datetime | None


class Restored(Record):
    """A restore: of which backup, what came back, and what did not.

    `lost_lines` were receipted and cannot be read any more; `given_up` are days whose objects cannot be opened.
    """

    at: datetime
    taken_at: datetime
    reason: str
    objects: int
    bytes: int
    closed_since: tuple[date, ...]
    given_up: tuple[date, ...]
    lost_lines: int
    damaged: tuple[str, ...]
    seconds: float


class Rehearsal(Record):
    """A restore into a scratch place, which is gone again: how long it took, and what was wrong."""

    at: datetime
    taken_at: datetime | None
    objects: int
    bytes: int
    seconds: float
    problems: tuple[str, ...]
