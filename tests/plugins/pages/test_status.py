"""The status page, and the troubles that it and the notifier tell."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from fastapi import FastAPI
from fastapi.testclient import TestClient

from plugins.blocklist.exporting import FORMATS, publish_exports
from plugins.checking import UncheckedError
from plugins.steps.checked import check_day
from plugins.steps.judging import Judged, Odd
from plugins.steps.watching import Watch, find_troubles
from plugins.store.door import Folder
from plugins.store.records import write_record
from schemas.statistics import TABLES
from schemas.suites import SUMS
from tests.plugins.pages.conftest import NOW, decision, keep
from tests.stores import POLICY, Site, hit

Client = Callable[..., TestClient]
HOUR = timedelta(hours=1)
FILES = 1 + 2 * 7


def read(site: Site, *lines: str) -> None:
    site.write("access.log", *lines)
    site.ingest()


def test_a_healthy_site_has_no_troubles(client: Client, site: Site) -> None:
    read(site, *(hit(NOW - timedelta(minutes=n), f"192.0.2.{n}") for n in range(120, 0, -1)))
    assert find_troubles(site.open()) == []
    page = client("dpo").get("/lethe/status").text
    assert "Logs, days and exports are as they should be." in page
    assert "192.0.2" not in page


def test_a_log_that_was_never_read_and_one_that_fell_silent_are_told(tmp_path: Path) -> None:
    other = POLICY[POLICY.index("[[logs]]") :].replace('"www"', '"shop"').replace("logs/", "shop/")
    site = Site(tmp_path, NOW, POLICY + "\n" + other)
    read(site, hit(NOW))
    assert find_troubles(site.open()) == ["shop: no line of this log was ever read; are its paths in the policy right?"]
    site.now = NOW + 5 * HOUR
    assert len(find_troubles(site.open())) == 1
    site.now = NOW + 9 * HOUR
    assert find_troubles(site.open())[0] == "www: no new line for 8 hours; is the log still shipped to this machine?"
    read(site, hit(site.now))
    assert len(find_troubles(site.open())) == 1


def test_a_changed_format_is_told_with_its_reason_and_log(client: Client, site: Site) -> None:
    lines = [hit(NOW - timedelta(seconds=n), "192.0.2.1") for n in range(190, 0, -1)]
    read(site, *lines, *["203.0.113.9 speaks another format\n"] * 10)
    assert find_troubles(site.open()) == []
    read(site, *["203.0.113.9 speaks another format\n"] * 10)
    (trouble,) = find_troubles(site.open())
    assert trouble.startswith("www: 10% of its last lines do not fit the format of [[logs]] www and are in quarantine.")
    watch = Watch(site.open())
    assert watch.reasons() == ({("www", "format"): 20}, True)
    page = client("op").get("/lethe/status").text
    assert "9.52 %" in page
    assert "203.0.113.9" not in page


def test_a_day_that_does_not_end_is_told_and_a_closed_one_is_listed(client: Client, site: Site) -> None:
    read(site, hit(NOW - timedelta(days=1), "192.0.2.1"), hit(NOW))
    site.now = NOW + timedelta(days=6)
    read(site, hit(site.now))
    late = "2026-11-19 should be closed by now and is not; run: lethe close --overdue"
    assert late not in find_troubles(site.open()), "ingest ends it itself"
    states = {str(day.day): day.state for day in Watch(site.open()).days}
    assert states == {"2026-11-19": "closed: expired", "2026-11-20": "open", "2026-11-26": "open"}
    site.now = NOW + timedelta(days=6, hours=23)
    assert "2026-11-20 should be closed by now and is not; run: lethe close --overdue" in find_troubles(site.open())
    page = client("security").get("/lethe/status").text
    assert "overdue" in page
    assert "2026-11-26 23:59" in page or "2026-11-27 00:00" in page


def test_an_expired_export_is_told_and_a_fresh_one_is_not(site: Site) -> None:
    keep(site, decision(until=NOW + HOUR))
    publish_exports(site.open())
    read(site, hit(NOW))
    assert find_troubles(site.open()) == []
    site.now = NOW + HOUR
    troubles = find_troubles(site.open())
    assert len(troubles) == len(FORMATS)
    assert all(trouble.startswith("the export blocklist/") for trouble in troubles)


def test_an_empty_store_is_a_page_too(client: Client) -> None:
    page = client("admin").get("/lethe/status")
    assert page.status_code == 200
    assert "No day yet." in page.text


def test_checks_are_listed_by_table_with_what_did_not_hold(client: Client, site: Site) -> None:
    read(site, *(hit(NOW - timedelta(minutes=n), f"192.0.2.{n}", "/planted") for n in range(90, 0, -1)))
    site.rebuild()
    page = client("op").get("/lethe/status").text
    assert "Nothing that was published is odd, and no day is unlike those of other weeks." in page
    assert page.count(">kept<") == len(TABLES) + len(SUMS)
    store, day = site.open(), NOW.date()
    names = {name: f"{name}/{day}.parquet" for name in TABLES}
    tables = {name: pq.read_table(pa.BufferReader(store.place("statistics").get(file))) for name, file in names.items()}
    odd = pa.Table.from_pylist([row | {"status": 799} for row in tables["status_daily"].to_pylist()])
    tables["status_daily"] = odd.cast(tables["status_daily"].schema)
    tables["errors_daily"] = tables["pages_daily"].slice(0, 0)
    with pytest.raises(UncheckedError):
        check_day(store, day, tables)
    page = client("op").get("/lethe/status").text
    assert "2026-11-20: status_daily should keep the rule “a status is 0 (none) or 100 to 599”" in page
    assert "as they should be" not in page
    trouble = "2026-11-20 is not published anew, and what was published of it before stays: errors_daily should keep"
    assert f"{trouble} the rule “the columns are those of the schema”" in page
    assert "planted" not in page
    row = page[page.index('<th scope="row">errors_daily') :]
    assert 'class="state bad">critical<' in row[: row.index("</tr>")]


def test_days_unlike_those_of_other_weeks_are_told(client: Client, site: Site) -> None:
    read(site, hit(NOW))
    site.rebuild()
    judged = Judged(
        at=NOW, tables="x", logs={"www": 3}, odd=(Odd(kind="fall", words="3% of the hits of other Thursdays"),)
    )
    write_record(site.open().place("state"), "anomalies/2026-11-19.json", judged)
    assert "2026-11-19: 3% of the hits of other Thursdays" in client("security").get("/lethe/status").text


def test_the_last_runs_come_from_airflows_database(client: Client, airflow: FastAPI) -> None:
    with create_session() as session:
        session.merge(DagBundleModel(name="dags-folder"))
        session.flush()
        for name, tag in (("ingest_logs", "lethe"), ("somebody_elses", "other"), ("restore_backup", "lethe")):
            session.add(
                DagModel(
                    dag_id=name, bundle_name="dags-folder", is_stale=False, is_paused=False, tags=[DagTag(name=tag)]
                )
            )
            session.flush()
            for number, state in enumerate([] if name == "restore_backup" else ["success"] * 6 + ["failed"]):
                began = NOW + timedelta(minutes=5 * number)
                session.add(
                    DagRun(
                        dag_id=name,
                        run_id=f"run-{number}",
                        run_type="manual",
                        state=state,
                        run_after=began,
                        logical_date=began,
                        start_date=began,
                        triggered_by=None,
                    )
                )
    page = client("op").get("/lethe/status").text
    assert "ingest_logs" in page
    assert "somebody_elses" not in page
    row = page[page.index("ingest_logs") :]
    assert row.index("failed") < row.index("success"), "newest first"
    assert row.count(">success<") == 4
    assert "never" in page[page.index("restore_backup") :]


def test_a_week_of_receipts_is_read_once_for_a_page(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(site, hit(NOW))
    keep(site, *(decision(n, target=f"198.18.0.{n}") for n in range(100)))
    _read_for_a_week(site)
    browser = client("op")
    browser.get("/lethe/blocklist")
    opened: Counter[str] = Counter()
    get = Folder.get

    def counting(place: Folder, name: str) -> bytes:
        opened[f"{place.where}/{name}"] += 1
        return get(place, name)

    monkeypatch.setattr(Folder, "get", counting)
    assert browser.get("/lethe/status").status_code == 200
    receipts = {name: times for name, times in opened.items() if "/receipts/" in name}
    assert len(receipts) > 300
    assert sum(receipts.values()) <= len(receipts) + FILES, "each once, and the last one of each file to find them"


def _read_for_a_week(site: Site) -> None:
    """A receipt an hour for each of two files, renewed each day."""
    store = site.open()
    known = store.receipts.get(store.receipts.shards()[0])
    assert known
    for number in range(7 * 24):
        day = NOW.date() - timedelta(days=6 - number // 24)
        for kind in ("a", "e"):
            file, begin = f"{kind}{number // 24:015d}", number % 24
            place = {"file": file, "begin": begin * 100, "end": (begin + 1) * 100}
            store.receipts.put(known.model_copy(update=place | {"read_on": day, "objects": known.objects * 3}))
