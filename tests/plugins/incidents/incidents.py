"""A site where attacks look successful: alerts as counting makes them, and what is kept of them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from plugins.incidents.kept import Incident, all_incidents
from plugins.incidents.opening import open_incidents
from schemas.window import EVIDENCE
from tests.stores import Site, hit, utc

NOON = utc(2026, 11, 20, 11)  # in Oslo
DAY = NOON.date()
MALLORY = "203.0.113.66"
SCENARIO = "secret-files"
WORDS = {SCENARIO: "Files that hold keys, passwords or a site's insides"}


def attacked(folder: Path) -> Site:
    """A site with a line of today and one of yesterday, so that both days are open."""
    site = Site(folder, NOON)
    site.write("access.log", hit(NOON - timedelta(days=1)), hit(NOON - timedelta(minutes=1)))
    assert site.ingest().problems == []
    return site


def alert(number: int = 0, **other: Any) -> dict[str, Any]:
    """One that looks successful, of the last minutes."""
    usual: dict[str, Any] = {
        "alert": number,
        "scenario": SCENARIO,
        "target": MALLORY,
        "first_seen": NOON - timedelta(minutes=9),
        "last_seen": NOON - timedelta(minutes=2),
        "overflowed_at": NOON - timedelta(minutes=5),
        "events": 3,
        "outcome": "success suspected",
    }
    return usual | other


def evidence(*reached: tuple[int, datetime]) -> pa.Table:
    """For each alert a hit that looks successful."""
    rows = [
        {"alert": number, "scenario": SCENARIO, "line_number": 1, "occurred_at": moment, "client_ip": MALLORY}
        | {"success": True}
        for number, moment in reached
    ]
    return pa.Table.from_pylist(rows, schema=EVIDENCE)


def notice(site: Site, *alerts: dict[str, Any], reached_at: datetime | None = None) -> int:
    """As a detection does it; how many are new."""
    store = site.open()
    found = evidence(*((one["alert"], reached_at or one["last_seen"]) for one in alerts))
    with store.writing(*store.open_days()):
        return open_incidents(store, alerts, found, WORDS, "operations")


def kept(site: Site) -> list[Incident]:
    return all_incidents(site.open())


def days(incidents: Sequence[Incident]) -> list[date]:
    return [one.day for one in incidents]
