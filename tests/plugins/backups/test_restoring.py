"""The store is gone and comes back, without whoever was erased and without the days that are closed."""

import json
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.access.tokens import add_token, find_token, remove_token
from plugins.backups import restoring
from plugins.backups.restoring import restore
from plugins.backups.target import Target, blob_name
from plugins.steps.examining import examine
from plugins.store.audit import TamperedError
from plugins.store.clock import ClockError
from plugins.store.door import Folder
from plugins.store.store import open_store
from schemas.refusals import RefusedError
from tests.plugins.backups.losses import (
    A_DAY,
    ANNA,
    BERIT,
    CARI,
    DAY,
    NOON,
    REASON,
    ban_mallory,
    bring_back,
    close_oldest,
    erase_anna,
    go_on,
    lose,
    opened,
    people,
    remove_newest_manifest,
    save,
)
from tests.stores import Site, finalised, hit, silent


class KilledError(BaseException):
    """The end of a process, as far as what it leaves behind is concerned."""


@pytest.fixture
def site(origin: Path, tmp_path: Path) -> Site:
    return copied(origin, tmp_path / "site")


def copied(origin: Path, folder: Path) -> Site:
    shutil.copytree(origin, folder)
    return Site(folder, NOON + timedelta(minutes=1))


def test_a_store_that_is_gone_comes_back_and_its_logs_are_read_on(site: Site, tmp_path: Path) -> None:
    go_on(site)
    site.rebuild()
    twin = Site(shutil.copytree(site.folder, tmp_path / "twin"), site.now)
    lose(site)
    restored = bring_back(site)
    assert (restored.closed_since, restored.given_up, restored.lost_lines, restored.damaged) == ((), (), 0, ())
    assert site.ingest().lines.total() == 3
    site.rebuild()
    assert site.counts() == twin.counts()
    assert opened(site) == opened(twin)
    assert site.tables() == twin.tables()
    assert site.ingest().lines.total() == 0


def of_open_days(site: Site) -> dict[str, Any]:
    open_days = set(map(str, site.open().open_days()))
    return {
        name: Counter({row: count for row, count in rows.items() if dict(row)["day"] in open_days})
        for name, rows in site.tables().items()
    }


def test_everything_at_once(site: Site, tmp_path: Path) -> None:
    """More lines, an erasure (which takes a backup), a ban, more lines, a close; then the disk dies."""
    go_on(site)
    erase_anna(site)
    ban_mallory(site)
    close_oldest(site)
    site.write("access.log", "")
    site.rebuild()
    twin = Site(shutil.copytree(site.folder, tmp_path / "twin"), site.now)
    lose(site)
    restored = bring_back(site)
    assert restored.closed_since == (DAY - 2 * A_DAY,)
    site.ingest()
    site.rebuild()
    assert site.counts() == twin.counts()
    assert opened(site) == opened(twin)
    assert of_open_days(site) == of_open_days(twin)
    assert people(site) == {str(DAY - A_DAY): [BERIT], str(DAY): [BERIT, BERIT, "198.51.100.6", "198.51.100.6"]}
    site.open().audit.verify()
    wrong = [finding for finding in examine(site.open()) if finding.state == "wrong"]
    assert wrong == []
    everything = b"".join(
        path.read_bytes() for path in site.folder.rglob("*") if path.is_file() and "logs" not in path.parts
    )
    assert ANNA.encode() not in everything


def blob_of(site: Site, begins: str) -> Path:
    """The file in which the first object lies whose name begins so, in the newest backup."""
    target = Target(Folder(site.folder / "backups"))
    objects = target.manifest(target.manifests()[-1]).objects
    name = next(name for name in sorted(objects) if name.startswith(begins))
    return site.folder / "backups" / blob_name(objects[name].digest)


def damage(site: Site, begins: str) -> None:
    path = blob_of(site, begins)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_nothing_opens_a_store_that_is_being_restored(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(site)

    def look(*_: object) -> None:
        with pytest.raises(RefusedError, match="a restore of this store, begun 2026-11-20 11:01 UTC"):
            site.open()
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "refuse_unless_whole", look)
        with pytest.raises(KilledError):
            bring_back(site)
    with pytest.raises(RefusedError, match="run it again: lethe restore"):
        site.open()
    bring_back(site)
    assert site.counts()["hits"] == 4


def test_a_store_that_still_holds_data_is_replaced_only_if_somebody_says_so(site: Site) -> None:
    go_on(site)
    with pytest.raises(RefusedError, match=r"still holds 8 receipts, .* --replace. Nothing was done"):
        bring_back(site)
    assert site.counts()["hits"] == 7
    store = site.open()
    store.place("window").put(f"{DAY}/hits/www/x/0-9.1.parquet", b"stray")
    bring_back(site, is_replacing=True)
    assert site.counts()["hits"] == 4
    assert b"stray" not in {store.place("window").get(name) for name in store.window.names()}


@pytest.mark.parametrize("reason", ["", " ", "for 192.0.2.77", "see https://example.org/x"])
def test_the_reason_is_asked_and_holds_nobody(reason: str, site: Site) -> None:
    lose(site)
    store = open_store(site.policy, lambda: site.now, is_restoring=True)
    with pytest.raises(RefusedError) as refused:
        restore(store, reason, "operations", silent)
    assert "192.0.2" not in str(refused.value)
    assert list(store.place("state").names()) == []


def test_without_a_backup_there_is_nothing_to_restore(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    with pytest.raises(RefusedError, match="there is no backup in"):
        bring_back(site)
    site.open()


def test_a_backup_that_was_being_written_does_not_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on(site)

    def put_manifest(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Target, "put_manifest", put_manifest)
        with pytest.raises(KilledError):
            save(site)
    lose(site)
    assert bring_back(site).taken_at == NOON + timedelta(minutes=1)
    assert site.ingest().lines.total() == 3


def test_what_an_older_backup_holds_of_the_erased_stays_away(site: Site) -> None:
    """The newest manifest is lost as well. Whole days are given up, and Anna is not read again from the logs."""
    erase_anna(site)
    remove_newest_manifest(site)
    lose(site)
    restored = bring_back(site)
    assert restored.given_up == (DAY - 2 * A_DAY, DAY - A_DAY)
    assert set(people(site)) == {str(DAY)}
    assert site.ingest().lines.total() == 0
    store = site.open()
    assert store.keys.days() == {DAY}
    assert {
        str(mark.day): (mark.how, mark.lines) for day in store.marks.days("closed") if (mark := store.marks.get(day))
    } == {
        str(DAY - 2 * A_DAY): ("given up", 2),
        str(DAY - A_DAY): ("given up", 3),
    }
    states = {(dict(row)["day"], dict(row)["state"]) for row in site.tables()["days"]}
    assert states == {
        (str(DAY - 2 * A_DAY), "final"),
        (str(DAY - A_DAY), "final"),
        (str(DAY), "provisional"),
    }


def test_a_log_that_is_read_anew_does_not_bring_the_erased_back(site: Site) -> None:
    """Neither the store's key nor a receipt knows the files any more."""
    erase_anna(site)
    remove_newest_manifest(site)
    lose(site)
    for side in ("keys", "keys-mirror"):
        (site.folder / side / "store").unlink()
    assert bring_back(site).given_up == (DAY - 2 * A_DAY, DAY - A_DAY)
    lines = site.ingest().lines
    assert (lines["late"], lines["hits"], lines["errors"]) == (5, 1, 1)
    assert people(site) == {str(DAY): [BERIT]}


def test_a_backup_of_a_store_that_lost_its_receipts_does_not_bring_the_erased_back(site: Site) -> None:
    erase_anna(site)
    target = Target(Folder(site.folder / "backups"))
    newest = target.manifest(target.manifests()[-1])
    audit = {name: one for name, one in newest.objects.items() if name.startswith("audit/")}
    target.place.remove(target.manifests()[-1])
    target.put_manifest(newest.model_copy(update={"objects": audit, "lines": 0}))
    lose(site)
    assert bring_back(site).given_up == (DAY - 2 * A_DAY, DAY - A_DAY)
    site.ingest()
    assert people(site) == {str(DAY): [BERIT]}


def test_receipts_whose_setting_is_lost_are_of_no_use(site: Site) -> None:
    """The store's key may be a new one: every line that is read again would count twice."""
    damage(site, "state/setting")
    lose(site)
    for side in ("keys", "keys-mirror"):
        (site.folder / side / "store").unlink()
    site.open().keys.store_key(may_make=True)
    bring_back(site)
    lines = site.ingest().lines
    assert (lines["late"], lines["hits"], lines["errors"]) == (5, 1, 1)
    assert people(site) == {str(DAY): [BERIT]}


@pytest.mark.parametrize("side", ["keys", "keys-mirror"])
def test_one_place_of_keys_is_enough(side: str, site: Site) -> None:
    shutil.rmtree(site.folder / side)
    lose(site)
    assert bring_back(site).given_up == ()
    assert site.ingest().problems == []
    assert set(people(site)) == {str(DAY - 2 * A_DAY), str(DAY - A_DAY), str(DAY)}


def test_without_any_keys_statistics_come_back_and_today_is_read_anew(site: Site) -> None:
    before = site.tables()
    for side in ("keys", "keys-mirror"):
        shutil.rmtree(site.folder / side)
    lose(site)
    restored = bring_back(site)
    assert restored.given_up == (DAY - 2 * A_DAY, DAY - A_DAY)
    assert restored.lost_lines == 0, "all of them are in the statistics"
    assert finalised(site.tables()) == finalised(before)
    go_on(site)
    site.rebuild()
    assert people(site) == {str(DAY): [BERIT, BERIT, CARI, CARI]}
    assert site.counts()["late"] == 5
    assert finalised(site.tables())["visits_daily"] != finalised(before)["visits_daily"]


def test_keys_that_were_made_on_an_empty_store_meanwhile_open_nothing(site: Site) -> None:
    """All is lost, an ingest by cron begins a new store, and then somebody restores."""
    for side in ("keys", "keys-mirror", "store"):
        shutil.rmtree(site.folder / side)
    site.ingest()
    site.ingest()
    restored = bring_back(site, is_replacing=True)
    assert restored.given_up == (DAY - 2 * A_DAY, DAY - A_DAY)
    lines = site.ingest().lines
    assert (lines["late"], lines["hits"], lines["errors"]) == (5, 1, 1)


DAMAGES = {
    f"window/{DAY - A_DAY}/hits": (["window hits of 2026-11-19"], {str(DAY - A_DAY)}),
    f"window/{DAY - A_DAY}/errors": (["window errors of 2026-11-19"], {str(DAY - A_DAY)}),
    "receipts/": (["receipt"], {str(DAY - 2 * A_DAY)}),
    "statistics/days": (["statistics days 2026-11-18"], set()),
    "state/setting": (["state setting"], {str(DAY - 2 * A_DAY), str(DAY - A_DAY)}),  # whose key is that of receipts?
    "state/terms": (["state terms"], set()),
}


@pytest.mark.parametrize("begins", DAMAGES)
def test_a_damaged_blob_is_left_out_and_told(begins: str, site: Site) -> None:
    told, given_up = DAMAGES[begins]
    damage(site, begins)
    lose(site)
    restored = bring_back(site)
    assert list(restored.damaged) == told
    assert set(map(str, restored.given_up)) == given_up
    site.ingest()
    site.rebuild()
    assert site.open().audit.verify().entries


def test_a_closed_day_whose_mark_is_damaged_is_not_imported_again(site: Site) -> None:
    close_oldest(site)
    save(site)
    day = DAY - 2 * A_DAY
    damage(site, f"state/days/{day}")
    before = finalised(site.tables())
    lose(site)
    restored = bring_back(site)
    assert (restored.damaged, restored.given_up) == ((f"state days {day}",), ())
    mark = site.open().marks.get(day)
    assert mark
    assert (mark.state, mark.lines, mark.missing) == ("closed", 2, 0)
    assert site.ingest().lines.total() == 0
    assert finalised(site.tables()) == before


def test_a_damaged_file_of_the_audit_trail_is_told_and_the_trail_goes_on(site: Site) -> None:
    ban_mallory(site)
    site.now += A_DAY
    site.write("access.log", "")
    ban_mallory(site)
    save(site)
    damage(site, f"audit/{DAY + A_DAY}")
    lose(site)
    assert bring_back(site).damaged == (f"audit {DAY + A_DAY}",)
    assert [(one["number"], one["action"]) for one in audited(site)] == [(1, "back up"), (2, "ban"), (3, "restore")]
    assert audited(site)[-1]["facts"]["lost_entries"] == 2
    site.open().audit.verify()


def test_after_an_outage_the_clock_is_believed_as_soon_as_a_log_is_written(site: Site) -> None:
    lose(site)
    site.now += 3 * A_DAY
    bring_back(site)
    with pytest.raises(ClockError):
        site.ingest()
    site.write("access.log", hit(site.now, CARI))
    assert site.ingest().lines["hits"] == 1


def test_days_that_fell_due_while_the_store_was_gone_end_with_their_last_tables(site: Site) -> None:
    lose(site)
    site.now += 7 * A_DAY
    site.write("access.log", hit(site.now, CARI))
    restored = bring_back(site)
    assert restored.given_up == (DAY - 2 * A_DAY, DAY - A_DAY, DAY)
    marks = [site.open().marks.get(day) for day in restored.given_up]
    assert [(mark.how, mark.lines, mark.missing) for mark in marks if mark] == [
        ("expired", 2, 0),
        ("expired", 3, 0),
        ("expired", 2, 0),
    ]
    assert list(site.open().window.names()) == []
    site.ingest()
    assert site.open().keys.days() == {DAY + 7 * A_DAY}


def test_a_store_that_was_kept_too_long_in_a_backup_comes_back_without_what_is_over(site: Site) -> None:
    lose(site)
    site.now += 100 * A_DAY
    restored = bring_back(site)
    store = site.open()
    assert restored.given_up == (DAY - 2 * A_DAY, DAY - A_DAY, DAY)
    assert list(store.place("visit_log").names()) == []
    assert len(list(store.place("statistics").names("days/"))) == 3
    lose(site)
    site.now += 3000 * A_DAY
    bring_back(site)
    store = site.open()
    assert [name for root in ("statistics", "receipts") for name in store.place(root).names()] == []
    assert store.marks.days("closed") == []


def test_a_damaged_manifest_is_passed_over(site: Site) -> None:
    go_on(site)
    site.now += A_DAY / 24
    save(site)
    newest = sorted((site.folder / "backups" / "manifests").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:-9])
    lose(site)
    restored = bring_back(site)
    assert (restored.taken_at, restored.damaged) == (NOON + timedelta(minutes=1), ("manifest of 2026-11-20",))


def test_a_token_that_was_removed_stays_dead(site: Site) -> None:
    dead = add_token(site.open(), "firewall", "block", "operations")
    alive = add_token(site.open(), "monitor", "look", "operations")
    save(site)
    site.now += A_DAY / 24
    remove_token(site.open(), "firewall", "operations")
    new = add_token(site.open(), "firewall", "block", "operations")
    lose(site)
    bring_back(site)
    assert [bool(find_token(site.open(), token)) for token in (dead, alive, new)] == [False, True, False]


def audited(site: Site) -> list[dict[str, Any]]:
    place = site.open().place("audit")
    return [json.loads(line) for name in place.names() for line in place.get(name).splitlines()]


def test_the_trail_says_for_ever_what_it_lost(site: Site) -> None:
    ban_mallory(site)
    site.now += A_DAY
    ban_mallory(site)
    newest = json.loads((site.folder / "backups" / "audit" / f"{DAY + A_DAY}.json").read_text())
    lose(site)
    bring_back(site)
    entry = audited(site)[-1]
    assert (entry["action"], entry["number"]) == ("restore", 1)
    assert entry["facts"]["reason"] == REASON
    assert entry["facts"]["backup"] == "2026-11-20 11:01:00"
    assert (entry["facts"]["lost_entries"], entry["facts"]["lost_end"]) == (newest["entries"], newest["hash"])
    site.open().audit.verify()
    ban_mallory(site)
    assert site.open().audit.verify().entries == 2


def test_a_trail_that_is_whole_is_newer_than_any_backup_and_stays(site: Site) -> None:
    ban_mallory(site)
    before = audited(site)
    bring_back(site, is_replacing=True)
    after = audited(site)
    assert after[: len(before)] == before
    assert [(one["action"], one["facts"]["lost_entries"]) for one in after[len(before) :]] == [("restore", 0)]


def test_a_forged_trail_is_not_hidden_by_a_restore(site: Site) -> None:
    """Whoever changes the trail and then restores leaves what was there before, and how it ended."""
    ban_mallory(site)
    save(site)
    ban_mallory(site)
    roots = json.loads((site.folder / "backups" / "audit" / f"{DAY}.json").read_text())
    file = site.folder / "store" / "audit" / f"{DAY}.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"ban"', b'"bun"'))
    bring_back(site, is_replacing=True)
    actions = [entry["action"] for entry in audited(site)]
    assert actions == ["back up", "ban", "restore"]
    facts = audited(site)[-1]["facts"]
    assert (facts["lost_entries"], facts["lost_end"]) == (roots["entries"] - 2, roots["hash"])


def test_a_trail_of_a_backup_that_its_roots_do_not_know_is_refused(site: Site) -> None:
    ban_mallory(site)
    site.now += A_DAY
    site.write("access.log", "")
    ban_mallory(site)
    save(site)
    root = site.folder / "backups" / "audit" / f"{DAY}.json"
    root.write_bytes(root.read_bytes().replace(b'"entries": 2', b'"entries": 1'))
    lose(site)
    with pytest.raises(TamperedError, match="does not agree"):
        bring_back(site)
    assert not list(open_store(site.policy, is_restoring=True).place("state").names())
    shutil.rmtree(site.folder / "backups" / "audit")  # set aside as evidence
    bring_back(site)
    assert [(one["action"], one["facts"]["lost_entries"]) for one in audited(site)] == [("restore", 3)]


def test_a_day_that_was_opened_and_closed_since_stays_closed(site: Site) -> None:
    close_oldest(site)
    site.now += A_DAY * 10
    site.write("access.log", "")
    site.close()
    lose(site)
    restored = bring_back(site)
    assert restored.closed_since == tuple(DAY - days * A_DAY for days in (2, 1, 0))
    site.ingest()
    assert people(site) == {}
    assert list(site.open().window.names()) == []
