"""A rehearsal says whether the newest backup could be restored, and leaves nothing behind."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.backups.rehearsing import rehearse
from plugins.backups.taking import back_up, backups_held
from plugins.backups.target import Target, blob_name
from plugins.store.door import Folder
from schemas.backups import Backed, Rehearsal
from tests.plugins.backups.losses import (
    DAY,
    NOON,
    bring_back,
    erase_anna,
    lose,
    remove_newest_manifest,
    save,
    three_days,
)
from tests.stores import Site, silent


@pytest.fixture
def site(origin: Path, tmp_path: Path) -> Site:
    shutil.copytree(origin, tmp_path / "site")
    return Site(tmp_path / "site", NOON)


def rehearse_on(site: Site) -> Rehearsal:
    return rehearse(site.open(), "operations", silent)


def contents(site: Site) -> dict[str, bytes]:
    return {str(path.relative_to(site.folder)): path.read_bytes() for path in site.folder.rglob("*") if path.is_file()}


def newest_objects(site: Site) -> dict[str, Backed]:
    target = Target(Folder(site.folder / "backups"))
    return target.manifest(target.manifests()[-1]).objects


def newest_blob(site: Site, begins: str) -> Path:
    objects = newest_objects(site)
    name = next(name for name in sorted(objects) if name.startswith(begins))
    return site.folder / "backups" / blob_name(objects[name].digest)


def test_the_store_is_not_touched_but_for_a_report_and_an_entry_of_the_trail(site: Site) -> None:
    before = contents(site)
    rehearsal = rehearse_on(site)
    after = contents(site)
    changed = {name for name in after if after[name] != before.get(name)}
    assert {name.split("/")[1] for name in changed - {"store/locks"}} <= {"audit", "reports", "locks"}
    assert before.keys() <= after.keys()
    assert rehearsal.problems == ()
    assert rehearsal.taken_at
    assert rehearsal.objects == len(newest_objects(site))
    assert rehearsal.seconds > 0
    reports = list(site.open().place("reports").names("rehearsals/"))
    assert Rehearsal.model_validate_json(site.open().place("reports").get(reports[0])) == rehearsal
    site.open().audit.verify()


@pytest.mark.parametrize(
    ("begins", "problem"),
    [
        (f"window/{DAY}/hits", f"damaged: window hits of {DAY}"),
        ("receipts/", "damaged: receipt"),
        ("statistics/pages_daily", "damaged: statistics pages_daily 2026-11-18"),
    ],
)
@pytest.mark.parametrize("is_missing", [False, True])
def test_a_damaged_blob_is_a_problem_until_the_next_backup_writes_it_anew(
    begins: str, problem: str, is_missing: bool, site: Site
) -> None:
    blob = newest_blob(site, begins)
    good = blob.read_bytes()
    blob.unlink() if is_missing else blob.write_bytes(good[:-1])
    assert problem in rehearse_on(site).problems
    assert not blob.exists()
    save(site)
    assert blob.read_bytes() == good
    assert rehearse_on(site).problems == ()


def test_no_backup_at_all_is_a_problem(tmp_path: Path) -> None:
    site = three_days(tmp_path)
    rehearsal = rehearse_on(site)
    assert (rehearsal.taken_at, rehearsal.objects) == (None, 0)
    assert "there is no backup in" in rehearsal.problems[0]


def test_days_that_a_restore_would_give_up_are_a_problem(site: Site) -> None:
    erase_anna(site)
    remove_newest_manifest(site)
    assert rehearse_on(site).problems == ("2 open days could not be opened again: 2026-11-18, 2026-11-19",)
    assert site.open().open_days() != [], "only there"


def test_of_two_backups_in_one_second_the_second_is_the_newest(site: Site) -> None:
    site.now += timedelta(minutes=1)
    assert len({back_up(site.open(), "operations", silent).taken_at for _ in range(3)}) == 3


def test_what_a_killed_rehearsal_left_goes_with_the_next(site: Site) -> None:
    left = site.folder / "store" / "rehearsal" / "window" / "left"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    assert rehearse_on(site).problems == ()
    assert not left.parent.parent.exists()


def test_what_a_killed_rehearsal_left_goes_with_the_next_close_unless_one_is_under_way(site: Site) -> None:
    left = site.folder / "store" / "rehearsal" / "visit_log" / "left"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    with backups_held(site.open()):
        site.close()
        assert left.exists()
    site.close()
    assert not left.parent.parent.exists()


def test_what_was_rehearsed_is_what_a_restore_brings_back(site: Site) -> None:
    rehearsal = rehearse_on(site)
    lose(site)
    restored = bring_back(site)
    assert (restored.objects, restored.bytes) == (rehearsal.objects, rehearsal.bytes)
