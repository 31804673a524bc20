"""The incidents of open days: kept in the window, sealed under the day's key, and gone with it."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from plugins.store.kept import put_kept, read_kept
from plugins.store.store import Store
from plugins.store.window import INCIDENTS
from schemas.incidents import KEPT_INCIDENTS
from transforms.anonymising.addresses import Address
from transforms.detection.targets import stands_for


@dataclass(frozen=True)
class Incident:
    """An alert that looks successful, named by its handle; it belongs to the day on which it was last seen at first.

    `reached_at` is the last hit that looks successful. `last_seen`, `reached_at` and `events` grow while it goes on.
    """

    incident: str
    day: date
    target: str
    scenario: str
    description: str
    first_seen: datetime
    last_seen: datetime
    reached_at: datetime
    events: int
    noticed_at: datetime


def all_incidents(store: Store) -> list[Incident]:
    """Newest first; one that was killed on its way to a newer day is there twice, and counts there."""
    by_handle = {one.incident: one for day in store.open_days() for one in incidents_of(store, day)}
    return sorted(by_handle.values(), key=lambda one: (one.noticed_at, one.incident), reverse=True)


def incidents_of(store: Store, day: date) -> list[Incident]:
    """As they are kept; a day that is closed, or has to be, has none."""
    return [Incident(day=day, **row) for row in read_kept(store, INCIDENTS, day).to_pylist()]


def put_incidents(store: Store, day: date, incidents: Iterable[Incident]) -> None:
    """All incidents of a day in place of those before; the day's lock is held."""
    put_kept(store, INCIDENTS, day, as_table(incidents))


def as_table(incidents: Iterable[Incident]) -> pa.Table:
    """KEPT_INCIDENTS, without the day, which is in the object's name."""
    return pa.Table.from_pylist([asdict(incident) for incident in incidents], schema=KEPT_INCIDENTS)


def staying(incidents: Iterable[Incident], addresses: Collection[Address]) -> list[Incident]:
    """Those that an erasure of these addresses (IPv4 where they stand for one) leaves, as with decisions."""
    return [one for one in incidents if not any(stands_for(one.target, address) for address in addresses)]
