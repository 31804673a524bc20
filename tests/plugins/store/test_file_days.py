"""What is remembered of receipts: never anything else than reading all of them would say."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from plugins.store.file_days import NAME, FileDays
from plugins.store.store import Store
from schemas.receipts import Receipt
from tests.stores import Site, hit, utc

NOON = utc(2026, 3, 4, 12)
YESTERDAY = NOON - timedelta(days=1)
TODAY = NOON.date()


def site_of_two_days(folder: Path) -> Site:
    site = Site(folder, NOON)
    site.write("access.log.1", hit(YESTERDAY), hit(YESTERDAY, path="/b"))
    site.write("access.log", hit(NOON - timedelta(hours=2)))
    site.ingest()
    return site


def known(store: Store) -> FileDays:
    """As this run knows it; the next one remembers."""
    found = store.file_days()
    found.remember()
    return found


def files_of(store: Store) -> tuple[Receipt, Receipt]:
    """The receipt of yesterday's file, and that of today's."""
    one, other = sorted(store.receipts.newest(), key=lambda receipt: receipt.newest or NOON)
    return one, other


def read_more(site: Site) -> None:
    site.write("access.log", hit(NOON - timedelta(hours=1)))
    site.ingest()


def write_anew(site: Site) -> None:
    """As an erasure does, or lines that are read once more: under the same name."""
    old, new = files_of(site.open())
    site.open().receipts.put(new.model_copy(update={"objects": old.objects}))


def remove(site: Site) -> None:
    site.open().receipts.place.remove(f"{files_of(site.open())[1].source}.json")


def damage(site: Site) -> None:
    site.open().receipts.place.put(f"{files_of(site.open())[1].source}.json", b"{")


def damage_memory(site: Site) -> None:
    site.open().place("state").put(NAME, b"{")


def test_each_day_has_the_files_whose_receipts_name_it(tmp_path: Path) -> None:
    store = site_of_two_days(tmp_path).open()
    old, new = files_of(store)

    found = known(store)

    assert found.of([YESTERDAY.date()]) == {(old.log, old.file)}
    assert found.of([YESTERDAY.date(), TODAY]) == {(old.log, old.file), (new.log, new.file)}
    assert found.of([TODAY - timedelta(days=9)]) == set()


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (read_more, {TODAY}),
        (write_anew, {TODAY, YESTERDAY.date()}),
        (remove, {TODAY}),
        (damage, {TODAY, YESTERDAY.date()}),  # of which days it is cannot be known
        (damage_memory, set()),
    ],
)
def test_a_memory_never_says_what_receipts_do_not(
    tmp_path: Path, change: Callable[[Site], None], changed: set[date]
) -> None:
    site = site_of_two_days(tmp_path)
    before = known(site.open())
    change(site)

    after = site.open().file_days()

    assert {day for day in (TODAY, YESTERDAY.date()) if before.stamp(day) != after.stamp(day)} == changed
    site.open().place("state").remove(NAME)
    assert after.files == site.open().file_days().files, "as without a memory"


def test_a_damaged_receipt_holds_up_no_day_after_its_file_was_read_last(tmp_path: Path) -> None:
    before = NOON - timedelta(days=5)
    site = Site(tmp_path, before)
    for path in ("/a", "/b"):
        site.write("access.log.1", hit(before - timedelta(hours=1), path=path))
        site.ingest()
    first, _ = site.open().receipts.shards()
    site.now = NOON
    read_more(site)
    site.open().receipts.place.put(f"{first.source}.json", b"{")

    found = known(site.open())

    assert (first.log, first.file) in found.of([before.date()])
    assert (first.log, first.file) not in found.of([TODAY])
