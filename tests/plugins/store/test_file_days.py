"""What is remembered of receipts: never anything else than reading all of them would say."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from plugins.steps.days import every_receipt
from plugins.steps.detecting import detect
from plugins.store.file_days import NAME, FileDays
from plugins.store.store import Store
from schemas.receipts import Receipt
from tests.stores import Site, hit, silent, utc

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
    found = store.file_days(from_memory=True)
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

    after = site.open().file_days(from_memory=True)

    assert {day for day in (TODAY, YESTERDAY.date()) if before.stamp(day) != after.stamp(day)} == changed
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


def test_an_erasure_believes_no_memory(tmp_path: Path) -> None:
    site = site_of_two_days(tmp_path)
    known(site.open())
    state = site.open().place("state")
    state.put(NAME, state.get(NAME).replace(str(TODAY).encode(), b"2026-01-01"))

    assert every_receipt(site.open(), TODAY) == [files_of(site.open())[1]]


@pytest.mark.parametrize(
    "stray",
    [
        "state/days/2026-03-01.json~",
        "state/days/.nfs0000000000000001",
        "receipts/access/0/.0-101.json.aB3dE9",
        "receipts/lost+found/0-101.json",
        "window/2026-03-04/hits/.nfs0000000000000002",
        "window/2026-03-04/decisions/kept.1.parquet~",
        "window/notes.txt",
    ],
)
def test_what_others_leave_in_the_store_stops_nothing(tmp_path: Path, stray: str) -> None:
    site = site_of_two_days(tmp_path)
    left = site.folder / "store" / stray
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"x")

    read_more(site)

    detect(site.open(), "operations", silent)
    assert len(site.rebuild()) == 2
    assert site.counts()["hits"] == 4


def test_a_damaged_record_of_what_was_looked_through_only_has_it_looked_through_again(tmp_path: Path) -> None:
    site = site_of_two_days(tmp_path)
    detect(site.open(), "operations", silent)
    site.open().place("state").put(f"detected/{TODAY}.json", b"{")

    assert detect(site.open(), "operations", silent).problems == ()

    assert b"version" in site.open().place("state").get(f"detected/{TODAY}.json")
