"""What ends is written where the backups lie before it is reported."""

from datetime import timedelta
from ipaddress import ip_address

import pytest

from plugins.backups.target import Target
from plugins.steps.closing import close_day, close_due
from plugins.steps.erasing import erase
from plugins.store.door import Place
from schemas.receipts import generation_of
from tests.plugins.backups.backed import ANNA, BERIT, MALLORY, NOON, fill, let_pass, manifests, save, target_of
from tests.stores import Site, silent

ON_A_FOLDER = pytest.mark.parametrize("backups", ["folder"], indirect=True)


def erase_from(site: Site, address: str) -> list[str]:
    return [str(day) for day in erase(site.open(), {ip_address(address)}, "operations", silent).days]


def test_after_an_erasure_the_newest_backup_does_not_hold_what_was_erased(site: Site) -> None:
    fill(site)
    first = save(site)
    site.now += timedelta(hours=1)
    assert erase_from(site, ANNA) == ["2026-11-19"]
    store, newest = site.open(), manifests(site)[-1]
    old = {name for name in first.objects if name.startswith("window/2026-11-19/")}
    assert old.isdisjoint(newest.objects)
    assert {generation_of(name) for name in newest.objects if name.startswith("window/2026-11-19/")} == {"2"}
    (erased,) = target_of(site).erasures()
    assert (str(erased.day), erased.generation, erased.at) == ("2026-11-19", "2", site.now)
    assert store.keys.generations(erased.day) == ["2"]


@ON_A_FOLDER
def test_an_erasure_that_finds_nothing_is_backed_up_too(site: Site) -> None:
    """It may be the second attempt, of which the first was killed before its backup."""
    fill(site)
    assert erase_from(site, MALLORY) == []
    assert len(manifests(site)) == 1
    assert list(target_of(site).erasures()) == []


@ON_A_FOLDER
def test_an_erasure_that_cannot_be_recorded_is_not_done_and_can_be_done_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site)
    site.now += timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(Target, "record_erasure", _fail)
        with pytest.raises(OSError, match="no answer"):
            erase_from(site, ANNA)
    store = site.open()
    assert b'"erasure done"' not in b"".join(map(store.audit.place.get, store.audit.place.names()))
    assert erase_from(site, ANNA) == ["2026-11-19"]
    assert len(store.keys.generations(NOON.date() - timedelta(days=1))) == 1
    assert [erased.generation for erased in target_of(site).erasures()] == ["3"]


@ON_A_FOLDER
def test_a_day_that_cannot_be_recorded_loses_its_key_and_stays_closing_until_it_can(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site)
    save(site)
    let_pass(site, 5.4)
    with monkeypatch.context() as patch:
        patch.setattr(Target, "record_closing", _fail)
        marks, problems = close_due(site.open(), "operations", silent)
    assert marks == []
    assert len(problems) == 1
    assert "2026-11-19 is not closed" in problems[0]
    store = site.open()
    (day,) = store.marks.days("closing")
    assert store.keys.generations(day) == []
    assert [mark.day for mark in site.close()] == [day]
    closing = target_of(site).closings()[day]
    assert (closing.how, closing.lines) == ("rebuilt", 2)


def test_a_day_is_recorded_before_its_objects_go_and_it_counts_as_closed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site)
    let_pass(site, 5.4)
    window, seen = site.open().window.place, []
    real = Target.record_closing

    def record(self: Target, mark: object) -> None:
        store = site.open()
        day = NOON.date() - timedelta(days=1)
        seen.append((store.keys.generations(day), len(list(window.names(f"{day}/"))), store.marks.days("closed")))
        real(self, mark)  # type: ignore[arg-type]

    monkeypatch.setattr(Target, "record_closing", record)
    site.close()
    assert seen == [([], 2, [])]


@ON_A_FOLDER
def test_a_day_given_up_and_one_that_expired_are_recorded_too(site: Site) -> None:
    fill(site)
    store = site.open()
    close_day(store, NOON.date(), "operations", silent, give_up=True)
    let_pass(site, 10)
    site.close()
    assert {day: mark.how for day, mark in target_of(site).closings().items()} == {
        NOON.date(): "given up",
        NOON.date() - timedelta(days=1): "expired",
    }


@ON_A_FOLDER
def test_an_imported_day_was_in_no_backup_and_is_not_recorded(site: Site) -> None:
    fill(site)
    let_pass(site, 40)
    site.ingest()
    site.write("access.old", f'{BERIT} - - [01/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    site.ingest()
    store = site.open()
    imported = [day for day in store.marks.days("closed") if (mark := store.marks.get(day)) and mark.how == "imported"]
    assert [str(day) for day in imported] == ["2026-11-01"]
    assert imported[0] not in target_of(site).closings()


def _fail(self: Target, record: object) -> None:
    place: Place = self.place
    raise OSError(5, "no answer", place.where)
