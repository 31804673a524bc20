"""What a few new minutes make a rebuild compute: the days they touched, and of the store only their share."""

from datetime import timedelta
from pathlib import Path

from plugins.steps.detecting import detect
from plugins.steps.rebuilding import rebuild
from plugins.store.door import Folder
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 3, 10, 12)


class Opened(Folder):
    """A folder that notes what was read of it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.names_read: list[str] = []

    def get(self, name: str) -> bytes:
        self.names_read.append(name)
        return super().get(name)


def of_a_week(folder: Path) -> Site:
    """A site whose last seven days are open and published."""
    site = Site(folder, NOON)
    for days in range(6, -1, -1):
        site.write("access.log", *(hit(NOON - timedelta(days=days, minutes=minute)) for minute in range(20, 5, -1)))
    site.ingest()
    assert len(site.rebuild()) == 7
    return site


def published(site: Site) -> dict[str, tuple[int, int]]:
    """Every published file: when it was written, and which file it is."""
    files = (site.folder / "store" / "statistics").glob("*/*.parquet")
    return {f"{path.parent.name}/{path.stem}": (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def test_five_new_minutes_cost_one_day(tmp_path: Path) -> None:
    site = of_a_week(tmp_path)
    before = published(site)
    site.write("access.log", *(hit(NOON - timedelta(minutes=minute)) for minute in range(5, 0, -1)))
    site.ingest()

    assert site.rebuild() == [NOON.date()]

    after = published(site)
    assert {name.rpartition("/")[2] for name in before if before[name] != after[name]} == {str(NOON.date())}
    assert site.rebuild() == []


def test_of_the_window_only_the_touched_day_is_opened(tmp_path: Path) -> None:
    site = of_a_week(tmp_path)
    site.write("access.log", hit(NOON - timedelta(minutes=1)))
    site.ingest()
    store = site.open()
    window = store.window.place = Opened(tmp_path / "store" / "window")
    keys = store.keys.main = Opened(tmp_path / "keys")

    assert rebuild(store, silent) == [NOON.date()]

    assert {name.split("/")[0] for name in window.names_read} == {str(NOON.date())}
    assert {name.split(".")[0] for name in keys.names_read} - {"store"} == {str(NOON.date())}, "beside the store's own"


def test_a_detection_without_news_reads_no_receipt_and_opens_nothing(tmp_path: Path) -> None:
    site = of_a_week(tmp_path)
    detect(site.open(), "operations", silent)
    store = site.open()
    window = store.window.place = Opened(tmp_path / "store" / "window")
    receipts = store.receipts.place = Opened(tmp_path / "store" / "receipts")

    detect(store, "operations", silent)

    assert (window.names_read, receipts.names_read) == ([], [])


def test_a_detection_reads_receipts_of_the_file_that_grew_and_opens_the_days_beside_it(tmp_path: Path) -> None:
    site = of_a_week(tmp_path)
    detect(site.open(), "operations", silent)
    site.write("access.log.1", hit(NOON - timedelta(minutes=1), path="/another"))
    site.ingest()
    store = site.open()
    window = store.window.place = Opened(tmp_path / "store" / "window")
    receipts = store.receipts.place = Opened(tmp_path / "store" / "receipts")

    detect(store, "operations", silent)

    days = {NOON.date(), NOON.date() - timedelta(days=1)}
    assert {name.split("/")[0] for name in window.names_read} == {str(day) for day in days}
    assert len({name.split("/")[1] for name in receipts.names_read}) == 2, "the new file, and that of the same day"


def test_minutes_around_midnight_cost_two_days(tmp_path: Path) -> None:
    site = of_a_week(tmp_path)
    midnight = utc(2026, 3, 10, 23)  # in Oslo
    site.now = midnight + timedelta(minutes=3)
    site.write("access.log", hit(midnight - timedelta(minutes=1)), hit(midnight + timedelta(minutes=1)))
    site.ingest()

    assert site.rebuild() == [NOON.date(), NOON.date() + timedelta(days=1)]
