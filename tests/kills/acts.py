"""What is killed at every write: small sites before an ingest, a close, an erasure or an import, and the act."""

import json
import os
import pickle
import signal
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from plugins.backups.purging import purge
from plugins.backups.taking import back_up
from plugins.backups.target import Target
from plugins.steps.days import day_receipts, load_day
from plugins.steps.erasing import erase
from plugins.steps.importing import sweep_window
from plugins.steps.ingest_parts import begin_ingest, finish_part, import_part, read_part
from plugins.steps.merging import merge_grown
from plugins.steps.requeuing import requeue
from plugins.store.door import Folder
from plugins.store.store import Store
from schemas.refusals import RefusedError
from tests.plugins.backups.losses import (
    bring_back,
    close_oldest,
    erase_anna,
    go_on,
    lose,
    remove_newest_manifest,
    save,
    three_days,
)
from tests.stores import POLICY, Rows, Site, apache_error, comparable, hit, silent, utc
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day

NOON = utc(2026, 11, 20, 11)


def before_anything(folder: Path) -> Site:
    """No store yet."""
    site = Site(folder, NOON)
    site.write("access.log.1", *(hit(NOON - timedelta(hours=13 - n), path=f"/{n}") for n in range(3)))
    return site


def before_ingest(folder: Path) -> Site:
    """A file that is known and has grown, one that is new, an error log; two days, of which one has no key yet."""
    site = Site(folder, NOON)
    site.write("access.log.1", *(hit(NOON - timedelta(hours=15 - n), path=f"/{n}") for n in range(3)))
    site.ingest()
    site.write("access.log.1", hit(NOON - timedelta(hours=1), "192.0.2.2", "/more"), "broken\n")
    site.write("access.log", hit(NOON, "192.0.2.3"), hit(NOON, "198.51.100.9", "/wp-login.php"))
    site.write("error.log", apache_error(NOON), "  at line 1\n")
    return site


def before_import(folder: Path) -> Site:
    """Two old days in two files, of which one goes on into a day that is open."""
    site = before_ingest(folder)
    old = NOON - timedelta(days=40)
    site.write("access.old.1", *(hit(old + timedelta(hours=8 * n), path=f"/{n}") for n in range(4)))
    site.write("access.old.2", hit(old, path="/second"), hit(NOON, path="/now"))
    return site


def before_close(folder: Path) -> Site:
    """Two days that are due, and one that is not."""
    site = before_ingest(folder)
    site.ingest()
    site.now += timedelta(days=6, hours=11, minutes=30)
    site.write("access.log", hit(site.now, path="/today"))
    site.ingest()
    site.rebuild()
    return site


def before_erase(folder: Path) -> Site:
    site = before_ingest(folder)
    site.ingest()
    return site


def before_requeue(folder: Path) -> Site:
    """A log that was read in a wrong format, with lines of two open days and of one that was never opened."""
    site = Site(folder, NOON, POLICY.replace('format = "combined"', 'format = "vhost_combined"'))
    site.now -= timedelta(days=1, minutes=1)
    moments = [NOON - timedelta(days=age, minutes=n) for age in (40, 1, 0) for n in range(2)]
    site.write("access.log", *(hit(moment, path="/wp-login.php") for moment in moments), "broken\n")
    site.now = NOON
    site.ingest(shard_bytes=300)
    site.policy.write_text(POLICY, encoding="utf-8")
    return site


def before_merge(folder: Path) -> Site:
    """Shards of a line each, of two days, with all kinds of rows."""
    site = Site(folder, NOON)
    site.write("access.log", *(hit(NOON - timedelta(hours=3 * n), path="/wp-login.php") for n in range(8, 0, -1)))
    site.write("access.log", "broken\n")
    site.write("error.log", *[apache_error(NOON), "  at line 1\n"] * 3)
    site.ingest(shard_bytes=1)
    return site


def before_restore(folder: Path) -> Site:
    """A lost store: since its backup lines were read and a day was closed, and an erasure's backup is lost as well."""
    site = three_days(folder)
    save(site)
    go_on(site)
    erase_anna(site)
    remove_newest_manifest(site)
    close_oldest(site)
    lose(site)
    return site


def before_back_up(folder: Path) -> Site:
    """The last backup lacks the newest lines."""
    site = before_ingest(folder)
    back_up(site.open(), "operations", silent)
    site.ingest()
    return site


def before_purge(folder: Path) -> Site:
    """A backup that is past its time, one that is not, and half of a killed one."""
    site = before_back_up(folder)
    site.rebuild()
    site.now += timedelta(days=6, hours=11, minutes=30)
    site.write("access.log", "")
    site.close()
    back_up(site.open(), "operations", silent)
    Target(site.open().place("backups")).put_blob(b"of no manifest")
    site.now = NOON + timedelta(days=26)
    site.write("access.log", "")
    return site


def do_ingest(site: Site) -> None:
    assert site.ingest(shard_bytes=150).problems == []  # a line or two


def do_ingest_in_parts(site: Site) -> None:
    """As the DAG does; who comes after a kill plans anew."""
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    for chunk in plan.chunks(2):
        read_part(store, plan.token, chunk, silent)
    imported = import_part(store, plan.token, "operations", silent)
    assert finish_part(store, plan.token, imported).problems == []


def do_close(site: Site) -> None:
    site.close()


def do_erase(site: Site) -> None:
    erase(site.open(), {ip_address("192.0.2.1")}, "operations", silent)


def do_requeue(site: Site) -> None:
    requeue(site.open(), [], "operations", silent)


def do_merge(site: Site) -> None:
    store = site.open()
    with store.locks.held("ingest"):
        sweep_window(store)
        merge_grown(store, [(one.log, one.file, one.end) for one in store.receipts.newest()])


def do_back_up(site: Site) -> None:
    back_up(site.open(), "operations", silent)


def do_purge(site: Site) -> None:
    purge(site.open(), "operations", silent)
    assert backups_of(site.open())[1] == 0


def do_restore(site: Site) -> None:
    """Killed after the switch, the store is whole, and whoever tries again is told so."""
    try:
        bring_back(site)
    except RefusedError:
        assert site.open().receipts.shards()


ACTS: dict[str, tuple[Callable[[Path], Site], Callable[[Site], None]]] = {
    "first ingest": (before_anything, do_ingest),
    "ingest": (before_ingest, do_ingest),
    "import in parts": (before_import, do_ingest_in_parts),
    "close": (before_close, do_close),
    "erase": (before_erase, do_erase),
    "requeue": (before_requeue, do_requeue),
    "merge": (before_merge, do_merge),
    "back up": (before_back_up, do_back_up),
    "purge": (before_purge, do_purge),
    "restore": (before_restore, do_restore),
}


def run_act(name: str, folder_name: str, kill_at: int = 0, when: str = "") -> None:
    """Run an act, and SIGKILL this process `before` or `after` its write number `kill_at`; else save their number."""
    folder, act = Path(folder_name), ACTS[name][1]
    site = Site(folder, NOON)
    site.now = _now_of(folder)
    calls = [0]

    def counted(real: Callable[..., None]) -> Callable[..., None]:
        def call(self: Folder, *arguments: Any) -> None:
            calls[0] += 1
            if calls[0] == kill_at and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            real(self, *arguments)
            if calls[0] == kill_at and when == "after":
                os.kill(os.getpid(), signal.SIGKILL)

        return call

    Folder.put = counted(Folder.put)  # type: ignore[method-assign]
    Folder.remove = counted(Folder.remove)  # type: ignore[method-assign]
    Folder.erase = counted(Folder.erase)  # type: ignore[method-assign]
    act(site)
    (folder / "writes").write_text(str(calls[0]))


def prepare(name: str, folder_name: str) -> None:
    """Make the site of an act."""
    folder = Path(folder_name)
    site = ACTS[name][0](folder)
    (folder / "now").write_text(site.now.isoformat())


def backups_of(store: Store) -> tuple[set[frozenset[tuple[str, int]]], int]:
    """How many objects of each kind or day each backup names, all of which are whole; blobs that none names."""
    target = Target(store.place("backups"))
    backups = [target.manifest(name).objects for name in target.manifests()]
    named = {backed.digest: backed for objects in backups for backed in objects.values()}
    for backed in named.values():
        target.blob(backed)
    kinds = (Counter("/".join(name.split("/")[:2]) for name in objects) for objects in backups)
    return {frozenset(one.items()) for one in kinds}, len(target.blobs() - named.keys())


def audited(store: Store) -> list[tuple[str, str]]:
    """What is written once however often it is tried: action and facts, in any order."""
    entries = [
        json.loads(line) for name in store.audit.place.names() for line in store.audit.place.get(name).splitlines()
    ]
    return sorted((entry["action"], json.dumps(entry["facts"])) for entry in entries if entry["handle"])


def _now_of(folder: Path) -> datetime:
    return datetime.fromisoformat((folder / "now").read_text())


def describe(folder_name: str) -> None:
    """Write `what_is_there` into the file `described`."""
    folder = Path(folder_name)
    (folder / "described").write_bytes(pickle.dumps(what_is_there(folder)))


def what_is_there(folder: Path) -> dict[str, Any]:
    """Everything that must be equal: published tables, counts, the open days' tables, keys, marks, what is sealed."""
    site = Site(folder, _now_of(folder))
    store = site.open()
    found: dict[str, Any] = {"published": site.tables(), "visit log": site.tables("visit_log"), "counts": site.counts()}
    found["marks"] = {
        str(day): (mark.state, mark.how, mark.lines, mark.missing)
        for state in ("closing", "closed")
        for day in store.marks.days(state)
        if (mark := store.marks.get(day))
    }
    found["unfinished"] = store.imports.names()
    computed: dict[str, Rows] = {}
    for day in store.open_days():
        data = load_day(store.window, day, day_receipts(store, day), lambda g, day=day: store.keys.get(day, g))
        for name, table in compute_day(data, load_scenarios(), Context(store.policy), "provisional").items():
            computed.setdefault(name, Counter()).update(map(comparable, table.to_pylist()))
        named = {one.name for receipt in day_receipts(store, day) for one in receipt.of_day(day)}
        found[f"objects of {day}"] = len(named)
        found[f"garbage of {day}"] = len(set(store.window.names(day)) - named)
    found["computed"] = computed
    found["keys"] = [*(len(store.keys.generations(day)) for day in sorted(store.keys.days()))]
    found["mirrored"] = sorted(store.keys.main.names()) == sorted(store.keys.mirror.names())
    found["backups"] = backups_of(store)[0]
    store.audit.verify()
    found["audit"] = audited(store)
    return found
