"""Published tables of a period: out of a folder and out of a bucket, whole, in part, and of an earlier version."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins.publishing import as_parquet
from plugins.report import making
from plugins.report.making import make_report
from plugins.report.reading import list_files, published_days, read_tables
from plugins.report.shelf import Shelf
from plugins.steps.days import publish_day
from plugins.store.bucket import Bucket
from plugins.store.door import Folder, Place
from plugins.store.locks import BusyError
from schemas.refusals import RefusedError
from schemas.statistics import TABLES
from tests.plugins.store.conftest import client, make_bucket, object_store  # noqa: F401 - fixtures
from tests.published import make_tables
from tests.transforms.report.tables import DAY, SITE, tables
from transforms.report.period import Period

NEXT = DAY + timedelta(days=1)
EVE = DAY - timedelta(days=1)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, make_bucket: Callable[[bool], Bucket]) -> Place:  # noqa: F811
    return Folder(tmp_path / "statistics", 0o755) if request.param == "folder" else make_bucket(False)


def publish(place: Place, *days: date, **rows: list[dict[str, Any]]) -> None:
    """Tables of these days, all with the same rows."""
    for day in days:
        given = {name: [row | {"day": day} for row in table] for name, table in rows.items()}
        publish_day(place, day, tables(**({"days": [{"day": day}]} | given)))


def visits(place: Place, first: date, last: date, vhost: str | None = None) -> float | None:
    return make_report(place, first, last, vhost, site=SITE).figures[0].value


def test_a_report_is_made_of_the_days_asked_for_and_of_no_other(place: Place) -> None:
    publish(place, EVE - timedelta(days=1), EVE, DAY, NEXT, visits_daily=[{"visits": 2}])
    found = make_report(place, EVE, DAY, site=SITE)
    assert [row[0] for row in found.parts["days"].rows] == [EVE, DAY]
    assert (found.figures[0].value, found.figures[0].before, found.missing_before) == (4.0, 2.0, 1)


def test_a_period_may_go_over_the_end_of_a_year(place: Place) -> None:
    days = [date(2025, 12, 30) + timedelta(days=n) for n in range(4)]
    publish(place, *days, visits_daily=[{"visits": 1}])
    assert visits(place, date(2025, 12, 31), date(2026, 1, 1)) == 2
    assert published_days(place) == days


def test_sums_of_a_report_are_those_of_its_tables(tmp_path: Path) -> None:
    place = Folder(tmp_path / "statistics", 0o755)
    made = {day: make_tables(day, paths=12, views=600) for day in (EVE, DAY, NEXT)}
    for day, one in made.items():
        publish_day(place, day, one)

    def total(table: str, column: str) -> int:
        return sum(sum(one[table][column].to_pylist()) for one in made.values())

    parts = make_report(place, EVE, NEXT, site=SITE).parts
    for part, table, columns in (
        ("pages", "pages_daily", ("views", "unique_visitors", "entries", "exits", "bounces")),
        ("source_kinds", "sources_daily", ("visits", "pageviews", "bounces")),
        ("device_classes", "devices_daily", ("visits", "pageviews")),
        ("countries", "countries_daily", ("visits", "pageviews")),
        ("statuses", "status_daily", ("hits", "bytes_sent")),
        ("agents", "agents_daily", ("hits", "bytes_sent")),
        ("attacks", "attacks_daily", ("addresses", "alerts", "hits")),
        ("response_times", "response_times_daily", ("hits",)),
        ("response_times_by_day", "response_times_daily", ("hits",)),
        ("days", "visits_daily", ("visits", "unique_visitors", "pageviews", "bounces")),
        ("hours", "traffic_hourly", ("pageviews",)),
    ):
        names = [column.name for column in parts[part].columns]
        assert parts[part].more == 0
        for column in columns:
            assert sum(row[names.index(column)] for row in parts[part].rows) == total(table, column), (part, column)  # type: ignore
    assert sum(sum(row[1:]) for row in parts["traffic"].rows) == total("traffic_hourly", "hits")  # type: ignore


def test_a_day_that_is_published_anew_is_read_anew_and_one_that_expired_is_gone(place: Place) -> None:
    publish(place, EVE, DAY, visits_daily=[{"visits": 1}])
    assert visits(place, EVE, DAY) == 2
    publish(place, DAY, visits_daily=[{"visits": 7}])
    assert visits(place, EVE, DAY) == 8
    for name in TABLES:
        place.remove(f"{name}/{EVE}.parquet")
    assert visits(place, EVE, DAY) == 7
    assert make_report(place, EVE, DAY, site=SITE).missing == (EVE,)


def test_a_file_that_goes_between_listing_and_reading_is_as_one_that_was_gone(place: Place) -> None:
    publish(place, DAY, visits_daily=[{"visits": 1}])
    files = list_files(place, Period(DAY, DAY), TABLES)
    place.remove(f"visits_daily/{DAY}.parquet")
    assert len(read_tables(place, files, TABLES, Shelf())["visits_daily"]) == 0


def test_a_site_whose_days_lack_a_table_has_an_empty_part(place: Place) -> None:
    publish(place, DAY, visits_daily=[{"visits": 3}], pages_daily=[{"path": "/", "views": 1}])
    place.remove(f"pages_daily/{DAY}.parquet")
    found = make_report(place, DAY, DAY, site=SITE)
    assert (found.figures[0].value, found.parts["pages"].rows) == (3, ())


def test_columns_that_an_earlier_version_did_not_write_are_null_and_narrower_types_fit(place: Place) -> None:
    publish(place, DAY, NEXT, visits_daily=[{"visits": 3, "downloads": 5}])
    whole = tables(visits_daily=[{"visits": 3, "downloads": 5}])["visits_daily"]
    earlier = whole.drop_columns(["downloads", "bounces"]).append_column("gone", pa.array(["x"]))
    narrow = earlier.set_column(earlier.column_names.index("visits"), "visits", earlier["visits"].cast(pa.int32()))
    place.put(f"visits_daily/{DAY}.parquet", as_parquet(narrow))
    found = {one.name: one.value for one in make_report(place, DAY, NEXT, site=SITE).figures}
    assert (found["visits"], found["downloads"]) == (6, 5)


def test_what_is_no_table_is_refused_by_name(place: Place) -> None:
    publish(place, DAY)
    place.put(f"pages_daily/{DAY}.parquet", b"not a table")
    with pytest.raises(RefusedError, match=rf"pages_daily/{DAY}.parquet is no table that Lethe wrote"):
        make_report(place, DAY, DAY, site=SITE)


def test_other_files_beside_the_tables_are_left_alone(place: Place) -> None:
    publish(place, DAY)
    for name in ("days/notes.txt", "days/2026-07.parquet", "days/2026-13-40.parquet"):
        place.put(name, b"")
    assert published_days(place) == [DAY]
    assert make_report(place, DAY, DAY, site=SITE).missing == ()


def test_a_host_that_was_asked_for_nothing_is_refused_and_not_repeated(place: Place) -> None:
    publish(place, DAY, traffic_hourly=[{"hits": 1}])
    with pytest.raises(RefusedError, match="no virtual host of that name") as refused:
        make_report(place, DAY, DAY, "<script>", site=SITE)
    assert "script" not in str(refused.value)


def test_a_host_is_looked_for_before_a_report_is_computed(tmp_path: Path) -> None:
    """A table that cannot be read is not reached."""
    place = Folder(tmp_path / "statistics", 0o755)
    publish(place, DAY, traffic_hourly=[{"hits": 1}])
    place.put(f"pages_daily/{DAY}.parquet", b"not a table")
    with pytest.raises(RefusedError, match="no virtual host of that name"):
        make_report(place, DAY, DAY, "shop.example.org", site=SITE)


def test_who_waits_too_long_for_others_is_told_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Folder(tmp_path / "statistics", 0o755)
    publish(place, DAY)
    monkeypatch.setattr(making, "WAIT", 0.01)
    with making._computing, pytest.raises(BusyError, match="try again in a minute"):
        make_report(place, DAY, DAY, site=SITE)
    assert make_report(place, DAY, DAY, site=SITE).missing == ()


def test_what_is_kept_in_memory_has_an_end(tmp_path: Path) -> None:
    place = Folder(tmp_path / "statistics", 0o755)
    days = [DAY + timedelta(days=n) for n in range(6)]
    for day in days:
        publish_day(place, day, make_tables(day, paths=200))
    shelf = Shelf(most=400_000)
    for day in days:
        files = list_files(place, Period(day, day), TABLES)
        read = read_tables(place, files, TABLES, shelf)
        assert shelf.size <= shelf.most
        assert len(read["pages_daily"]) == pq.read_metadata(tmp_path / f"statistics/pages_daily/{day}.parquet").num_rows
    assert shelf.size > 0


def test_files_that_are_the_same_are_read_once(tmp_path: Path) -> None:
    class Counting(Folder):
        gets = 0

        def get(self, name: str) -> bytes:
            self.gets += 1
            return super().get(name)

    place, shelf = Counting(tmp_path / "statistics", 0o755), Shelf()
    publish(place, DAY)
    for _ in range(3):
        read_tables(place, list_files(place, Period(DAY, DAY), TABLES), TABLES, shelf)
    assert place.gets == len(TABLES)


def test_reports_asked_for_at_the_same_time_are_each_as_if_alone(tmp_path: Path) -> None:
    place = Folder(tmp_path / "statistics", 0o755)
    days = [DAY + timedelta(days=n) for n in range(4)]
    publish(place, *days, visits_daily=[{"visits": 1}])
    with ThreadPoolExecutor(8) as threads:
        asked = [(days[0], day) for day in days] * 4
        found = list(threads.map(lambda period: visits(place, *period), asked))
    assert found == [1.0, 2.0, 3.0, 4.0] * 4
