"""Nothing of a store is removed before it is sure that a backup can bring it back, and it is brought back once."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.access.tokens import add_token, all_tokens
from plugins.backups import restoring
from plugins.backups.restoring import restore
from plugins.backups.target import Target, blob_name
from plugins.store.door import Folder
from plugins.store.store import open_store
from schemas.backups import Restored
from schemas.refusals import RefusedError
from tests.plugins.backups.losses import A_DAY, BERIT, DAY, NOON, REASON, bring_back, go_on, lose, save
from tests.stores import Site, hit, silent

ROOTS = ("statistics", "receipts", "window", "audit", "state")


@pytest.fixture
def site(origin: Path, tmp_path: Path) -> Site:
    shutil.copytree(origin, tmp_path / "site")
    return Site(tmp_path / "site", NOON + timedelta(minutes=1))


def held(site: Site) -> dict[str, list[str]]:
    return {root: sorted(site.open().place(root).names()) for root in ROOTS}


def blobs_of(site: Site, begins: str) -> list[Path]:
    """The files of the newest backup's objects whose name begins so."""
    target = Target(Folder(site.folder / "backups"))
    objects = target.manifest(target.manifests()[-1]).objects
    names = [name for name in sorted(objects) if name.startswith(begins)]
    return [site.folder / "backups" / blob_name(objects[name].digest) for name in names]


@pytest.mark.parametrize("begins", ["", "statistics/", "receipts/", "state/setting"])
def test_a_store_is_not_removed_for_a_backup_that_has_lost_blobs(begins: str, site: Site) -> None:
    for path in blobs_of(site, begins):
        path.unlink(missing_ok=True)
    before = held(site)
    with pytest.raises(RefusedError, match=r"lacks \d+ objects \(.*no older one is whole; nothing was done"):
        bring_back(site, is_replacing=True)
    assert held(site) == before
    assert bring_back(site, is_replacing=True, accepts_damage=True).damaged


def test_of_a_store_that_still_holds_data_every_byte_of_the_backup_is_read_before_they_are_removed(site: Site) -> None:
    path = blobs_of(site, "statistics/")[0]
    path.write_bytes(b"rotten")
    before = held(site)
    with pytest.raises(RefusedError, match=r"lacks 1 objects \(1 statistics\)"):
        bring_back(site, is_replacing=True)
    assert held(site) == before


def test_a_store_that_is_gone_is_not_begun_with_a_backup_of_which_blobs_are_missing(site: Site) -> None:
    blobs_of(site, "statistics/")[0].unlink()
    lose(site)
    with pytest.raises(RefusedError, match="no older one is whole"):
        bring_back(site)
    assert held(site) == {root: [] for root in ROOTS}


def test_an_object_of_the_window_less_costs_its_day_and_nothing_else(site: Site) -> None:
    blobs_of(site, f"window/{DAY - A_DAY}/hits")[0].unlink()
    assert bring_back(site, is_replacing=True).given_up == (DAY - A_DAY,)


def test_an_older_backup_that_is_whole_is_taken_instead(site: Site) -> None:
    before = {path.name for path in (site.folder / "backups" / "blobs").rglob("*")}
    go_on(site)
    save(site)
    next(path for path in blobs_of(site, "receipts/") if path.name not in before).unlink()
    lose(site)
    restored = bring_back(site)
    assert restored.taken_at == NOON + timedelta(minutes=1)
    assert restored.damaged == ("backup of 2026-11-20 12:02 Europe/Oslo, which lacks 1 objects",)
    assert site.ingest().lines.total() == 3


def test_a_backup_of_the_future_is_passed_over(site: Site) -> None:
    target = Target(Folder(site.folder / "backups"))
    newest = target.manifest(target.manifests()[-1])
    target.put_manifest(newest.model_copy(update={"taken_at": NOON + 365 * A_DAY, "objects": {}}))
    lose(site)
    restored = bring_back(site)
    assert restored.taken_at == newest.taken_at
    assert restored.damaged == ("manifest of 2027-11-20, which is in the future",)


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (("receipts", "window", "state", "visit_log"), r"\d+ tables of statistics"),
        (("receipts", "window", "statistics", "visit_log"), "1 tokens"),
        (("receipts", "window", "statistics", "state"), "1 tables of the visit log"),
    ],
)
def test_whatever_is_left_of_a_store_is_replaced_only_if_somebody_says_so(
    gone: tuple[str, ...], left: str, site: Site
) -> None:
    add_token(site.open(), "firewall", "block", "operations")
    site.open().place("visit_log").put(f"hits/{DAY - 9 * A_DAY}.parquet", b"")
    for root in gone:
        shutil.rmtree(site.folder / "store" / root)
    with pytest.raises(RefusedError, match=rf"the store still holds {left}, so it is not gone"):
        bring_back(site)


def restore_once(site: Site, once: str) -> Restored | None:
    store = open_store(site.policy, lambda: site.now, is_restoring=True)
    return restore(store, REASON, "airflow", silent, is_replacing=True, once=once)


def test_a_run_that_is_tried_again_restores_once(site: Site) -> None:
    assert restore_once(site, "4f1c")
    site.write("access.log", hit(site.now, BERIT))
    site.ingest()
    add_token(site.open(), "firewall", "block", "operations")
    before = held(site)
    assert restore_once(site, "4f1c") is None
    assert held(site) == before
    assert [one.name for one in all_tokens(site.open())] == ["firewall"]
    site.now += timedelta(seconds=1)
    assert restore_once(site, "77aa"), "another run is another restore"
    assert all_tokens(site.open()) == []


def test_a_run_that_was_killed_before_the_switch_is_brought_to_its_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "complete_restore", killed)
        with pytest.raises(KeyboardInterrupt):
            restore_once(site, "4f1c")
    assert restore_once(site, "4f1c")
    assert restore_once(site, "4f1c") is None
    assert site.counts()["hits"] == 4


def test_what_goes_wrong_after_the_switch_is_told_and_fails_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> list[str]:
        raise ValueError("192.0.2.1")

    told: list[str] = []
    monkeypatch.setattr(restoring, "renew_exports", broken)
    lose(site)
    store = open_store(site.policy, lambda: site.now, is_restoring=True)
    assert restore(store, REASON, "operations", told.append)
    assert told[-1] == "the exported blocklist is not renewed (ValueError)"
