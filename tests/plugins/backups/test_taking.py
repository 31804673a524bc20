"""A backup holds what may come back, whole, and nothing that opens it."""

import threading
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pytest

from plugins.backups import taking
from plugins.blocklist.by_hand import ban
from plugins.blocklist.exporting import publish_exports
from plugins.steps.closing import close_due
from plugins.steps.erasing import erase
from plugins.store.door import Folder
from plugins.store.locks import BusyError
from schemas.receipts import Import
from schemas.refusals import RefusedError
from tests.plugins.backups.backed import (
    A_DAY,
    ANNA,
    BERIT,
    MALLORY,
    NOON,
    fill,
    is_whole,
    let_pass,
    manifests,
    save,
    sealed_in,
    site_in,
    target_of,
)
from tests.stores import Site, hit, silent


@pytest.fixture
def folder_site(tmp_path: Path) -> Site:
    site = site_in(tmp_path)
    fill(site)
    return site


def test_a_backup_holds_the_objects_as_they_are_and_can_be_read(site: Site) -> None:
    fill(site)
    manifest = save(site)
    store, target = site.open(), target_of(site)
    assert {name.split("/")[0] for name in manifest.objects} == {"window", "receipts", "state", "statistics"}
    for name, backed in manifest.objects.items():
        root, _, rest = name.partition("/")
        assert target.blob(backed) == store.place(root).get(rest)
    assert manifests(site) == [manifest]
    assert manifest.lines == 3
    assert manifest.taken_at == NOON
    assert is_whole(site, manifest)


def test_no_key_no_export_and_no_hint_is_in_it(folder_site: Site) -> None:
    store = folder_site.open()
    ban(store, [MALLORY], "attack", "op")
    publish_exports(store)
    assert any(MALLORY.encode() in store.place("exports").get(name) for name in store.place("exports").names())
    manifest = save(folder_site)
    content = b"".join(
        path.read_bytes() for path in (folder_site.folder / "backups/blobs").rglob("*") if path.is_file()
    )
    assert content
    for place in (store.keys.main, store.keys.mirror):
        assert not any(place.get(name) in content for name in place.names())
    assert not any(address.encode() in content for address in (ANNA, BERIT, MALLORY))
    assert {name.split("/")[1] for name in manifest.objects if name.startswith("state/")} <= {
        "setting.json",
        "terms.json",
        "clock.json",
    }
    assert any("/decisions/" in name for name in manifest.objects), "a ban by hand is not lost"


def test_the_next_backup_copies_what_is_new(site: Site) -> None:
    fill(site)
    first = save(site)
    before = target_of(site).blobs()
    site.now += timedelta(hours=1)
    site.write("access.log", hit(site.now, ANNA))
    site.ingest()
    second = save(site)
    assert second.lines == 4
    new = [name for name in second.objects.keys() - first.objects.keys() if name.startswith("window/")]
    assert len(new) == 2, "hits and events"
    assert all(second.objects[name] == first.objects[name] for name in first.objects if name.startswith("window/"))
    assert target_of(site).blobs() > before
    assert manifests(site) == [first, second]


def test_one_that_is_like_the_last_is_taken_too_and_costs_its_audit_trail(folder_site: Site) -> None:
    save(folder_site)
    before = target_of(folder_site).blobs()
    save(folder_site)
    assert len(manifests(folder_site)) == 2
    assert len(target_of(folder_site).blobs() - before) == 1


def test_a_window_object_that_is_in_the_last_backup_is_not_read_again(
    folder_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = save(folder_site)
    read, real = [], Folder.get

    def get(self: Folder, name: str) -> bytes:
        read.append(f"{self.root.name}/{name}")
        return real(self, name)

    monkeypatch.setattr(Folder, "get", get)
    second = save(folder_site)
    assert not [name for name in read if name.startswith("window/")]
    assert [name for name in second.objects if name.startswith("window/")] == [
        name for name in first.objects if name.startswith("window/")
    ]


def test_a_closed_day_leaves_its_tables_and_its_mark_to_the_backup_and_no_object(site: Site) -> None:
    fill(site)
    let_pass(site, 5.4)
    (mark,) = site.close()
    manifest = save(site)
    assert f"state/days/{mark.day}.json" in manifest.objects
    assert f"visit_log/hits/{mark.day}.parquet" in manifest.objects
    assert f"statistics/days/{mark.day}.parquet" in manifest.objects
    assert not [name for name in manifest.objects if name.startswith(f"window/{mark.day}")]
    assert [name for name in manifest.objects if name.startswith("window/")]


def test_a_lost_object_is_told_and_everything_else_is_saved(folder_site: Site) -> None:
    store = folder_site.open()
    lost, *_ = sorted(name for name in store.window.names() if "/hits/" in name)
    store.window.place.remove(lost)
    with pytest.raises(RefusedError, match=rf"lacks 1 objects of the window: .*{lost}.* --give-up 2026-11-19"):
        save(folder_site)
    (manifest,) = manifests(folder_site)
    assert f"window/{lost}" not in manifest.objects
    assert len([name for name in manifest.objects if name.startswith("window/")]) == len(list(store.window.names()))


def test_an_object_that_was_lost_after_the_last_backup_stays_in_the_next(folder_site: Site) -> None:
    first, store = save(folder_site), folder_site.open()
    for name in list(store.window.names()):
        store.window.place.put(name, b"damaged")
    second = save(folder_site)
    assert is_whole(folder_site, second)
    assert {name for name in first.objects if name.startswith("window/")} <= second.objects.keys()


def test_a_store_that_was_lost_is_no_backup(folder_site: Site) -> None:
    """An empty disk in its place must not become the newest one, nor end the others."""
    first = save(folder_site)
    (folder_site.folder / "store").rename(folder_site.folder / "lost")
    folder_site.ingest()
    with pytest.raises(RefusedError, match="bring it back first"):
        save(folder_site)
    assert manifests(folder_site) == [first]


def test_a_damaged_receipt_is_no_part_of_a_backup(folder_site: Site) -> None:
    store = folder_site.open()
    store.receipts.place.put(next(iter(store.receipts.place.names())), b"{}")
    with pytest.raises(RefusedError, match="damaged; no backup was taken"):
        save(folder_site)
    assert manifests(folder_site) == []


def test_a_blob_that_is_not_what_was_written_ends_the_backup(
    folder_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Folder.put
    monkeypatch.setattr(
        Folder, "put", lambda self, name, content: real(self, name, b"" if name.startswith("blobs/") else content)
    )
    with pytest.raises(RefusedError, match="damaged"):
        save(folder_site)
    assert manifests(folder_site) == []


def test_what_an_import_decided_before_it_was_killed_is_whole_in_the_backup(folder_site: Site) -> None:
    store = folder_site.open()
    receipts = [one for shard in store.receipts.shards() if (one := store.receipts.get(shard))]
    mark = next(iter(close_due(store, "operations", silent)[0]), None)
    assert mark is None
    for name in list(store.receipts.place.names()):
        store.receipts.place.remove(name)
    old = NOON.date() - timedelta(days=60)
    decided = {"day": old, "state": "closed", "how": "imported", "lines": 1, "since": NOON}
    store.imports.put("aa", Import.model_validate({"marks": (decided,), "receipts": tuple(receipts)}))
    manifest = save(folder_site)
    assert "state/imports/aa.json" in manifest.objects
    sealed = [one for receipt in receipts for one in receipt.objects]
    assert sealed
    assert all(f"window/{one.name}" in manifest.objects for one in sealed)


def test_others_are_waited_for_and_told_of(folder_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "PATIENCE", 0.0)
    store = folder_site.open()
    for lock in ("backup", "ingest", str(NOON.date())):
        with (
            store.locks.held(lock),
            pytest.raises(RefusedError, match=f"other work on the store .+{lock}.+ did not end"),
        ):
            save(folder_site)
    with store.locks.held("ingest", shared=True):
        save(folder_site)  # readers of files hold it, and stop for a moment where they begin to write


def work_beside(site: Site, problems: list[Exception], ended: threading.Event) -> None:
    """Ingest, rebuild and erase, as others do while a backup is taken."""
    try:
        for turn in range(12):
            day = NOON - (turn % 3) * A_DAY
            site.write("access.log", *(hit(day, f"203.0.113.{turn}", f"/{turn}/{n}") for n in range(20)))
            site.ingest(shard_bytes=300)
            site.rebuild()
            if turn % 5 == 4:
                erase(site.open(), {ip_address(f"203.0.113.{turn}")}, "operations", silent)
            if turn == 8:
                site.open().audit.append(site.now, "operations", "look")
    except BusyError:
        pass
    except Exception as error:  # noqa: BLE001 - it is shown at the end
        problems.append(error)
    finally:
        ended.set()


def test_every_backup_is_whole_while_others_ingest_erase_and_rebuild_and_after_a_close(tmp_path: Path) -> None:
    site = site_in(tmp_path)
    fill(site)
    problems, ended = list[Exception](), threading.Event()
    thread = threading.Thread(target=work_beside, args=(site, problems, ended))
    thread.start()
    while not ended.is_set():
        manifest = save(site)
        assert is_whole(site, manifest)
        generations = {(one.day, one.generation) for one in sealed_in(site, manifest)}
        assert len(generations) == len({day for day, _ in generations}), "no day is half of one key, half of another"
    thread.join()
    assert problems == []
    last = save(site)
    assert last.lines == site.counts().total()
    for name in ("closing", "closed"):
        assert site.open().marks.days(name) == []
    let_pass(site, 5.5)
    site.close()
    assert is_whole(site, save(site))


def test_a_blob_that_is_there_is_what_its_name_says(site: Site) -> None:
    fill(site)
    save(site)
    place = target_of(site).place
    for name in place.names("blobs/"):
        assert sha256(place.get(name)).hexdigest() == name.rpartition("/")[2]
