"""A store that is lost, in whole or in part, never becomes the newest backup in silence."""

import dataclasses
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.backups.copying import Copies
from plugins.backups.purging import purge
from plugins.backups.taking import back_up
from plugins.store.clock import ClockError
from plugins.store.locks import Locks
from schemas.backups import Backed
from schemas.refusals import RefusedError
from tests.plugins.backups.backed import (
    A_DAY,
    ANNA,
    fill,
    let_pass,
    manifests,
    named,
    purge_now,
    save,
    shown,
    site_in,
    target_of,
)
from tests.plugins.backups.losses import bring_back, erase_anna, lose, three_days
from tests.stores import Site, hit, silent


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = site_in(tmp_path)
    fill(site)
    return site


@pytest.fixture
def closed(site: Site) -> Site:
    let_pass(site, 5.4)
    assert len(site.close()) == 1
    return site


def in_the_second_pass(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], is_after: bool = False) -> None:
    """Something happens before or after the store is listed under the locks."""
    real, turns = Copies.copy, iter(range(100))

    def copy(self: Copies) -> dict[str, Backed]:
        is_second = next(turns) == 1
        if is_second and not is_after:
            act()
        found = real(self)
        if is_second and is_after:
            act()
        return found

    monkeypatch.setattr(Copies, "copy", copy)


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("has_last", [False, True])
def test_a_store_that_vanishes_meanwhile_is_no_backup(
    site: Site, monkeypatch: pytest.MonkeyPatch, is_after: bool, has_last: bool
) -> None:
    erase_anna(site)  # there is an audit trail
    if not has_last:
        shutil.rmtree(site.folder / "backups/manifests")
    before = manifests(site)
    in_the_second_pass(monkeypatch, lambda: lose(site), is_after)
    with pytest.raises(RefusedError, match="bring it back first"):
        save(site)
    assert manifests(site) == before


def test_a_store_that_was_away_for_a_moment_is_no_backup(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    erase_anna(site)
    shutil.rmtree(site.folder / "backups/manifests")
    store, away = site.folder / "store", site.folder / "away"
    real = Copies.copy

    def copy(self: Copies) -> dict[str, Backed]:
        store.rename(away)
        try:
            return real(self)
        finally:
            shutil.rmtree(store, ignore_errors=True)
            away.rename(store)

    monkeypatch.setattr(Copies, "copy", copy)
    with pytest.raises(RefusedError, match=r"vanished while it was copied \(audit/2026-11-20.jsonl is missing\)"):
        save(site)
    assert manifests(site) == []


@pytest.mark.parametrize(
    ("root", "what"),
    [
        ("statistics", r"\d+ tables of statistics"),
        ("receipts", "2 receipts"),
        ("state/days", "1 marks of closed days"),
        ("statistics/days", "2 tables of statistics"),
    ],
)
def test_a_store_that_lost_a_part_is_no_backup_until_somebody_says_that_it_is_right(
    closed: Site, root: str, what: str
) -> None:
    first = save(closed)
    shutil.rmtree(closed.folder / "store" / root)
    for _ in range(2):
        with pytest.raises(RefusedError, match=rf"not ended \({what}.*\); no backup was taken.*--store-is-right"):
            save(closed)
    assert manifests(closed) == [first]
    back_up(closed.open(), "operations", silent, store_is_right=True)
    save(closed)
    assert len(manifests(closed)) == 3


def test_what_ended_on_time_is_not_missed(closed: Site) -> None:
    first = save(closed)
    let_pass(closed, 800)
    closed.ingest(clock_is_right=True)
    closed.close()
    second = save(closed)
    gone = {name.split("/")[0] for name in first.objects.keys() - second.objects.keys()}
    assert gone >= {"statistics", "receipts", "state"}


def test_an_erasure_is_backed_up_and_so_is_a_day_that_is_given_up(site: Site) -> None:
    first = save(site)
    erase_anna(site)
    site.rebuild()
    save(site)
    let_pass(site, 9)
    site.close()
    last = save(site)
    assert {name for name in first.objects if name.startswith("statistics/")} <= last.objects.keys()
    assert last.lines == first.lines, "receipts have become one, and name the same lines"


def test_what_a_restore_could_not_bring_back_was_told_by_it_and_ends_no_backup(tmp_path: Path) -> None:
    site = three_days(tmp_path)
    save(site)
    manifest = manifests(site)[-1]
    lost = next(name for name in manifest.objects if name.startswith("statistics/"))
    target_of(site).place.remove(f"blobs/{manifest.objects[lost].digest[:2]}/{manifest.objects[lost].digest}")
    lose(site)
    site.now += timedelta(minutes=1)
    assert bring_back(site, accepts_damage=True).damaged
    site.now += timedelta(minutes=1)
    save(site)
    assert lost not in manifests(site)[-1].objects


def test_a_purge_on_another_machine_leaves_no_backup_without_its_objects(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = save(site)
    site.write("access.log", hit(site.now, ANNA, "/new"))
    site.ingest()
    site.now += timedelta(minutes=1)
    elsewhere = dataclasses.replace(site.open(), locks=Locks(tmp_path / "elsewhere"))
    in_the_second_pass(monkeypatch, lambda: purge(elsewhere, "operations", silent))
    with pytest.raises(OSError, match="are gone again") as raised:
        save(site)
    assert raised.value.filename
    assert manifests(site) == [first]
    save(site)


def save_in_the_future(site: Site) -> None:
    """As before a machine knew the time; then it does."""
    site.now += 365 * A_DAY
    with pytest.raises(ClockError):
        save(site)
    back_up(site.open(), "operations", silent, clock_is_right=True)
    site.now -= 365 * A_DAY


def test_a_backup_of_the_future_goes_as_soon_as_there_is_another_one(site: Site) -> None:
    save_in_the_future(site)
    (future,) = manifests(site)
    let_pass(site, 5.4)
    (mark,) = site.close()
    site.now += 2 * A_DAY
    site.write("access.log", "")
    with pytest.raises(RefusedError, match=r"holds 1 backups of the future.+ take one with: lethe back-up"):
        purge_now(site)
    assert manifests(site) == [future]
    assert mark.day in target_of(site).closings(), "it does not know that the day ended"
    second, told = save(site), list[str]()
    purged = purge_now(site, told)
    assert (purged.manifests, purged.oldest) == (1, second.taken_at)
    assert manifests(site) == [second]
    assert any("is of the future, which a wrong clock took, and goes" in sentence for sentence in told)
    assert {(trace.name, trace.kind) for trace in shown(site)} == {(name, "object") for name in named(site)}
