"""A site with backups whose store is lost, and its twin that never lost anything."""

import shutil
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from plugins.backups.restoring import restore
from plugins.backups.taking import back_up
from plugins.blocklist.by_hand import ban
from plugins.steps.days import day_receipts, load_day
from plugins.steps.erasing import erase
from plugins.store.store import open_store
from schemas.backups import Restored
from tests.stores import Site, apache_error, comparable, hit, silent, utc
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day

NOON = utc(2026, 11, 20, 11)
DAY = NOON.date()
A_DAY = timedelta(days=1)
ANNA, BERIT, CARI, MALLORY = "192.0.2.77", "198.51.100.5", "198.51.100.6", "203.0.113.66"
REASON = "the disk died"


def three_days(folder: Path) -> Site:
    """Two days ago Anna, yesterday Anna and Berit, today Berit; an error log; tables are published."""
    site = Site(folder, NOON - 2 * A_DAY)
    for day, people in enumerate([(ANNA,), (ANNA, BERIT), (BERIT,)]):
        site.now = NOON - (2 - day) * A_DAY
        site.write("access.log", *(hit(site.now, who, f"/{day}") for who in people))
        site.write("error.log", apache_error(site.now, people[0]))
        assert site.ingest().problems == []
    site.rebuild()
    return site


def save(site: Site) -> None:
    site.now += timedelta(minutes=1)
    back_up(site.open(), "operations", silent)


def lose(site: Site) -> None:
    shutil.rmtree(site.folder / "store")


def bring_back(site: Site, **options: Any) -> Restored:
    store = open_store(site.policy, lambda: site.now, is_restoring=True)
    restored = restore(store, REASON, "operations", silent, **options)
    assert restored
    return restored


def go_on(site: Site) -> None:
    """More of today, and a new file."""
    site.write("access.log", hit(site.now, CARI, "/more"), hit(site.now, BERIT, "/more"))
    site.write("access.new", hit(site.now, CARI, "/new"))
    assert site.ingest().problems == []


def erase_anna(site: Site) -> None:
    """Which takes a backup."""
    site.now += timedelta(minutes=1)
    erase(site.open(), {ip_address(ANNA)}, "operations", silent)


def ban_mallory(site: Site) -> None:
    ban(site.open(), [MALLORY], "seen at the desk", "security")


def close_oldest(site: Site) -> None:
    site.now = utc(2026, 11, 24, 22, 30)
    site.write("access.log", "")
    assert [mark.day for mark in site.close()] == [DAY - 2 * A_DAY]


def remove_newest_manifest(site: Site) -> None:
    sorted((site.folder / "backups" / "manifests").iterdir())[-1].unlink()


def opened(site: Site) -> dict[str, Any]:
    """What every key still opens: the tables of open days, computed from their windows."""
    store, found = site.open(), {}
    for day in store.open_days():
        if store.calendar.is_past(day):
            continue
        data = load_day(store.window, day, day_receipts(store, day), lambda one, day=day: store.keys.get(day, one))
        tables = compute_day(data, load_scenarios(), Context(store.policy), "provisional")
        found[str(day)] = {
            name: sorted(map(repr, map(comparable, table.to_pylist()))) for name, table in tables.items()
        }
    return found


def people(site: Site) -> dict[str, list[str]]:
    """Whose addresses the window holds, by day."""
    store = site.open()
    return {
        str(day): sorted(
            load_day(store.window, day, day_receipts(store, day), lambda one, day=day: store.keys.get(day, one))
            .hits["client_ip"]
            .to_pylist()
        )
        for day in store.open_days()
    }
