"""Published tables as CSV: what programs read back, and what a spreadsheet must not compute."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.report.as_csv import write_csv
from plugins.steps.days import publish_day
from plugins.store.door import Folder
from schemas.refusals import RefusedError
from schemas.statistics import TABLES
from tests.published import make_tables
from tests.transforms.report.tables import DAY, tables
from transforms.report.period import Period

NEXT = DAY + timedelta(days=1)
HOSTILE = (
    "=HYPERLINK(1)",
    "+1",
    "-1+2",
    "@SUM(1)",
    " =1",
    '"=1',
    "＝1",
    "\u200b=1",
    "\ufeff=1",
    "\0=1",
)


def written(folder: Path, name: str, last: Any = DAY) -> str:
    return "".join(write_csv(Folder(folder, 0o755), name, Period(DAY, last)))


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(folder, name), newline="")))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_read_back_as_it_was_published(name: str, tmp_path: Path) -> None:
    made = {day: make_tables(day, paths=10, views=500) for day in (DAY, NEXT)}
    for day, one in made.items():
        publish_day(Folder(tmp_path, 0o755), day, one)
    lines = list(csv.reader(io.StringIO(written(tmp_path, name, NEXT), newline="")))
    assert lines[0] == TABLES[name].schema.names
    expected = [
        ["" if value is None else as_text(value) for value in row.values()]
        for one in made.values()
        for row in one[name].to_pylist()
    ]
    assert lines[1:] == expected


def as_text(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_a_spreadsheet_would_compute_begins_with_an_apostrophe(text: str, tmp_path: Path) -> None:
    publish_day(Folder(tmp_path, 0o755), DAY, tables(pages_daily=[{"path": text, "vhost": text}]))
    (row,) = rows(tmp_path, "pages_daily")
    assert (row["path"], row["vhost"]) == (f"'{text}", f"'{text}")


@pytest.mark.parametrize("sign", [";", "\t", "|", "\r", "\n"])
@pytest.mark.parametrize("formula", ["=1", " +1", "\u200b-1", "@A", '"=1'])
def test_no_cell_is_computed_where_a_spreadsheet_splits_at_another_sign(
    sign: str, formula: str, tmp_path: Path
) -> None:
    publish_day(Folder(tmp_path, 0o755), DAY, tables(pages_daily=[{"path": f"/a{sign}{formula}"}]))
    assert rows(tmp_path, "pages_daily")[0]["path"] == f"/a{sign}'{formula}"


@pytest.mark.parametrize(
    "text", ['a,b"c\r\nd', "</script><b>", "\u202egnp.exe", "/a=b", "/a;b=c", "1-2", "", "'x", "støtte"]
)
def test_other_texts_are_as_they_are(text: str, tmp_path: Path) -> None:
    publish_day(Folder(tmp_path, 0o755), DAY, tables(pages_daily=[{"path": text}]))
    assert rows(tmp_path, "pages_daily")[0]["path"] == text


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_no_text_moves_a_cell_or_is_lost(text: str, tmp_path: Path) -> None:
    publish_day(
        Folder(tmp_path, 0o755), DAY, tables(not_found_daily=[{"path": text, "referrer_host": text, "hits": 7}])
    )
    (row,) = rows(tmp_path, "not_found_daily")
    assert row["path"].replace("'", "") == text.replace("'", "")
    assert (row["hits"], row["day"]) == ("7", str(DAY))


def test_numbers_instants_and_what_is_missing_are_written_for_programs(tmp_path: Path) -> None:
    hour = datetime(2026, 10, 25, 1, tzinfo=UTC)
    publish_day(
        Folder(tmp_path, 0o755),
        DAY,
        tables(
            traffic_hourly=[{"hour": hour, "hits": -3, "bytes_sent": 2**53 + 1}],
            pages_daily=[{"path": "/", "dwell_seconds": 0.1, "dwell_median": None}],
            response_times_daily=[{"path": "/", "bucket": float("inf"), "hits": 1}],
        ),
    )
    (traffic,), (page,), (times,) = (
        rows(tmp_path, name) for name in ("traffic_hourly", "pages_daily", "response_times_daily")
    )
    assert (traffic["hour"], traffic["hits"], traffic["bytes_sent"]) == (
        "2026-10-25T01:00:00Z",
        "-3",
        "9007199254740993",
    )
    assert (page["dwell_seconds"], page["dwell_median"], times["bucket"]) == ("0.1", "", "inf")
    assert written(tmp_path, "pages_daily").endswith("\r\n")


def test_of_one_host_there_are_its_rows_where_a_table_tells_hosts_apart(tmp_path: Path) -> None:
    place, hosts = Folder(tmp_path, 0o755), ("www.example.org", "shop.example.org")
    publish_day(place, DAY, tables(pages_daily=[{"path": f"/{host}", "vhost": host} for host in hosts]))
    pages, days = ("".join(write_csv(place, name, Period(DAY, DAY), hosts[1])) for name in ("pages_daily", "days"))
    assert [row["path"] for row in csv.DictReader(io.StringIO(pages))] == ["/shop.example.org"]
    assert len(days.splitlines()) == 2


def test_a_period_without_rows_has_the_names_of_the_columns(tmp_path: Path) -> None:
    assert written(tmp_path, "late_daily") == "day,log,reason,lines\r\n"


def test_a_table_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no such table; there are days, traffic_hourly"):
        written(tmp_path, "../../etc/passwd")
