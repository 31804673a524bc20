"""Days that are computed by several processes, checked by one and published, are those of one process."""

from datetime import date, timedelta
from ipaddress import ip_address
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mmdb_writer import MMDBWriter

from plugins.steps.erasing import erase
from plugins.steps.rebuild_parts import check_part, compute_part, publish_part
from plugins.steps.rebuilding import changed_days
from schemas.refusals import RefusedError
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
DAYS = [date(2026, 11, 19), date(2026, 11, 20)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site", NOON)
    for day in (1, 0):
        lines = (hit(NOON - timedelta(days=day, minutes=n), f"192.0.2.{n % 7 + 1}", f"/{n}") for n in range(30))
        site.write(f"access.log.{day}", *lines)
    site.ingest()
    return site


def test_parts_publish_what_one_process_does(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other", NOON)
    for name in ("access.log.1", "access.log.0"):
        other.write(name, (site.logs / name).read_text())
    other.ingest()
    other.rebuild()
    store = site.open()
    assert changed_days(store) == DAYS
    for day in reversed(DAYS):
        compute_part(store, [day], silent)
    assert check_part(store, DAYS).days == DAYS
    assert publish_part(store, DAYS) == DAYS
    assert site.tables() == other.tables()
    assert changed_days(store) == []
    assert list(store.place("state").names("computed/")) == [], "nothing is left over"


def test_nothing_is_published_unchecked_and_repeating_changes_nothing(site: Site) -> None:
    store = site.open()
    compute_part(store, DAYS, silent)
    assert publish_part(store, DAYS) == []
    assert site.tables() == {}
    compute_part(store, DAYS, silent)
    check_part(store, DAYS)
    check_part(store, DAYS)
    publish_part(store, DAYS)
    before = site.tables()
    assert publish_part(store, DAYS) == []
    compute_part(store, DAYS, silent)
    assert check_part(store, DAYS).days == [], "nothing changed, so nothing was computed"
    assert site.tables() == before


def test_tables_computed_before_an_erasure_are_not_published_after_it(site: Site) -> None:
    store = site.open()
    compute_part(store, DAYS, silent)
    check_part(store, DAYS)
    erase(store, {ip_address("192.0.2.1")}, "operations", silent)
    assert publish_part(store, DAYS) == []
    compute_part(store, DAYS, silent)
    check_part(store, DAYS)
    assert publish_part(store, DAYS) == DAYS
    assert sum(row.count(("unique_visitors", 6)) for row in site.tables()["visits_daily"]) == 2


def test_a_table_that_breaks_a_rule_keeps_its_day_back_and_no_other(site: Site) -> None:
    store = site.open()
    compute_part(store, DAYS, silent)
    name = f"computed/visits_daily/{DAYS[0]}.parquet"
    path = site.folder / "store" / "state" / name
    table = pq.read_table(path)
    broken = table.set_column(table.schema.get_field_index("visits"), table.schema.field("visits"), [[-1] * len(table)])
    pq.write_table(broken, path)
    checked = check_part(store, DAYS)
    assert checked.days == DAYS[1:]
    assert str(DAYS[0]) in checked.problems[0]
    assert "visits" in checked.problems[0]
    assert publish_part(store, checked.days) == DAYS[1:]
    assert {path.stem for path in (site.folder / "store" / "statistics" / "days").iterdir()} == {str(DAYS[1])}


def test_a_day_that_cannot_be_computed_is_told_after_all_others_are(site: Site) -> None:
    store = site.open()
    lost = next(name for name in store.window.names(DAYS[0]) if "/hits/" in name)
    store.window.place.remove(lost)
    with pytest.raises(RefusedError, match=f"{DAYS[0]} is not published anew"):
        compute_part(store, DAYS, silent)
    assert check_part(store, DAYS).days == DAYS[1:]


def test_open_days_are_computed_anew_with_other_country_data(site: Site, tmp_path: Path) -> None:
    data = tmp_path / "countries.mmdb"
    MMDBWriter(database_type="One").to_db_file(str(data))
    site.policy.write_text(f'{site.policy.read_text()}[places]\ncountry_data = "{data}"\n')
    site.rebuild()
    assert changed_days(site.open()) == []
    MMDBWriter(database_type="Another").to_db_file(str(data))
    assert changed_days(site.open()) == DAYS
    assert site.rebuild() == DAYS
