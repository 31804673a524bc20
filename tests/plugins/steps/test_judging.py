"""The days that are over are judged once their logs are whole; what is odd is kept, and told once."""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins.publishing import as_parquet
from plugins.steps import closing, judging
from plugins.steps.closing import close_due
from plugins.steps.judging import Judged, judge_days, odd_days
from plugins.steps.telling import new_warnings, take_news
from plugins.store.door import Folder
from plugins.store.records import write_record
from schemas.refusals import RefusedError
from schemas.statistics import TABLES
from tests.stores import POLICY, Site, hit, silent, utc
from tests.transforms.checking.years import Rows, tables, year
from tests.transforms.checking.years import Site as Model

NOW = utc(2026, 9, 16, 8)
TUESDAY = date(2026, 9, 15)
FEW = Model(people=900, robots=200)


def publish(site: Site, days: Sequence[Rows]) -> None:
    """Tables of past days, as if they had been computed from logs."""
    for day in filter(None, days):
        for name, table in tables([day]).items():
            site.open().place("statistics").put(f"{name}/{day[0]['day']}.parquet", as_parquet(table))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """It has eleven weeks of tables; its log goes on today."""
    found = Site(tmp_path, NOW)
    publish(found, [day for day in year(FEW, 3, 253) if day[0]["day"] < TUESDAY][-77:])
    found.write("access.log", hit(NOW - timedelta(minutes=5)))
    found.ingest()
    return found


def day_with(share: float) -> Rows:
    day = [row | {"hits": int(row["hits"] * share)} for row in year(FEW, 3, 254)[-1]]
    assert day[0]["day"] == TUESDAY
    return day


def usual(site: Site, share: float = 1.0) -> None:
    publish(site, [day_with(share)])


def test_a_usual_day_is_judged_and_nothing_is_odd(site: Site) -> None:
    usual(site)
    judge_days(site.open())
    found = odd_days(site.open())
    assert next(iter(found)) == TUESDAY
    assert len(found) == 7
    assert not any(one.odd for one in found.values())
    assert new_warnings(site.open()) == []


def test_a_day_of_which_most_is_missing_is_told_once(site: Site) -> None:
    usual(site, 0.1)
    told = []
    for _ in range(50):
        judge_days(site.open())
        told += take_news(site.open(), new_warnings(site.open()))
        site.now += timedelta(hours=1)
    (sentence,) = told
    assert sentence.startswith("2026-09-15: ")
    assert sentence.endswith("% of the hits of other Tuesdays; was a log not shipped, or the site down?")


def test_a_day_that_is_closed_with_the_same_figures_is_not_judged_again(site: Site) -> None:
    usual(site, 0.1)
    judge_days(site.open())
    before = odd_days(site.open())[TUESDAY]
    place, name = site.open().place("statistics"), f"days/{TUESDAY}.parquet"
    row = pq.read_table(pa.BufferReader(place.get(name))).to_pylist()[0]
    final = row | {"state": "final", "agent_lists_version": "newer", "late": 3}
    place.put(name, as_parquet(pa.Table.from_pylist([final], schema=TABLES["days"].schema)))
    site.now += timedelta(days=6)
    judge_days(site.open())
    assert odd_days(site.open())[TUESDAY] == before


def test_what_is_still_odd_when_a_day_is_judged_again_is_told_no_more(site: Site) -> None:
    def told() -> list[str]:
        return [sentence for sentence in new_warnings(site.open()) if sentence.startswith(str(TUESDAY))]

    usual(site, 0.1)
    judge_days(site.open())
    (first,) = told()
    site.now += timedelta(days=6)
    usual(site, 0.13)
    judge_days(site.open())
    (still,) = odd_days(site.open())[TUESDAY].odd
    assert still.words not in first
    assert told() == []
    publish(site, [[row | {"errors_5xx": row["hits"]} for row in day_with(0.13)]])
    judge_days(site.open())
    assert len(told()) == 2, "one of them is new"


def test_a_day_without_tables_is_odd_too(site: Site) -> None:
    judge_days(site.open())
    assert [one.kind for one in odd_days(site.open())[TUESDAY].odd] == ["fall"]


def test_a_day_is_judged_again_when_its_tables_change_and_not_otherwise(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual(site, 0.1)
    judge_days(site.open())
    opened: list[str] = []
    get = Folder.get
    monkeypatch.setattr(Folder, "get", lambda place, name: opened.append(name) or get(place, name))
    judge_days(site.open())
    assert len([name for name in opened if name.endswith(".parquet")]) == 2 * 7, "of the judged days only"
    usual(site)
    judge_days(site.open())
    assert odd_days(site.open())[TUESDAY].odd == ()


def test_what_lies_beside_the_tables_is_none_of_them(site: Site) -> None:
    usual(site, 0.1)
    for name in ("_SUCCESS", ".DS_Store", "2026-09-14.parquet.crc", "20260914.parquet", "2026-09-31.parquet"):
        (site.folder / "store" / "statistics" / "days" / name).write_bytes(b"somebody else's")
    judge_days(site.open())
    assert [one.kind for one in odd_days(site.open())[TUESDAY].odd] == ["fall"]


def test_a_damaged_table_is_named(site: Site) -> None:
    site.open().place("statistics").put("traffic_hourly/2026-09-01.parquet", b"x")
    with pytest.raises(RefusedError, match=r"traffic_hourly/2026-09-01\.parquet is no table that Lethe wrote"):
        judge_days(site.open())


def test_without_a_table_that_days_are_judged_by_there_is_nothing_to_compare_with(site: Site) -> None:
    shutil.rmtree(site.folder / "store" / "statistics" / "traffic_hourly")
    judge_days(site.open())
    assert new_warnings(site.open()) == []


def test_a_day_that_expires_meanwhile_is_not_missed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    usual(site, 0.1)
    get = Folder.get

    def late(place: Folder, name: str) -> bytes:
        if name == "days/2026-08-18.parquet":
            place.remove(name)
        return get(place, name)

    monkeypatch.setattr(Folder, "get", late)
    judge_days(site.open())
    assert [one.kind for one in odd_days(site.open())[TUESDAY].odd] == ["fall"]


def test_days_that_an_earlier_version_wrote_with_fewer_columns_are_compared_with(site: Site) -> None:
    usual(site, 0.1)
    place = site.open().place("statistics")
    for name in list(place.names("traffic_hourly/")):
        table = pq.read_table(pa.BufferReader(place.get(name)))
        place.put(name, as_parquet(table.drop_columns(["pageviews", "errors_5xx"])))
    judge_days(site.open())
    assert [one.kind for one in odd_days(site.open())[TUESDAY].odd] == ["fall"]


WRONG = (OSError(5, "Input/output error", "store/days"), ValueError("192.0.2.1"), RefusedError("take it away"))


@pytest.mark.parametrize("error", WRONG, ids=lambda error: type(error).__name__)
def test_whatever_goes_wrong_in_judging_is_a_problem_of_no_closing(
    error: Exception, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    site.write("access.log", hit(NOW - timedelta(days=6)))
    site.ingest()
    swept: list[object] = []
    monkeypatch.setattr(judging, "find_anomalies", fail)
    monkeypatch.setattr(closing, "sweep_window", swept.append)
    site.now += timedelta(hours=13)
    site.write("access.log", hit(site.now))
    marks, (problem,) = close_due(site.open(), "operations", silent)
    assert [mark.day for mark in marks] == [date(2026, 9, 10)]
    assert len(swept) == 1
    assert problem.startswith("the last days are not compared with others: ")
    assert "192.0.2" not in problem


def test_a_log_that_is_shipped_once_a_day_is_waited_for(tmp_path: Path) -> None:
    site = Site(tmp_path, utc(2026, 9, 15, 21))
    publish(site, [day for day in year(FEW, 3, 253) if day[0]["day"] < TUESDAY][-77:])
    site.write("access.log", hit(site.now))
    site.ingest()
    site.now = utc(2026, 9, 15, 23)  # an hour of the next day in Oslo; no line of it has come
    judge_days(site.open())
    assert TUESDAY not in odd_days(site.open())
    site.now += timedelta(hours=37)
    judge_days(site.open())
    assert TUESDAY in odd_days(site.open()), "who is silent for long is not waited for"


def test_one_of_two_logs_that_was_not_shipped_is_named(tmp_path: Path) -> None:
    other = POLICY[POLICY.index("[[logs]]") :].replace('"www"', '"shop"').replace("logs/access*", "logs/shop*")
    site = Site(tmp_path, utc(2026, 9, 15, 21), POLICY + "\n" + other.replace('error = ["logs/error*"]\n', ""))
    days = [day for day in year(FEW, 3, 254) if day][-78:]
    publish(site, days)
    for day in days[:-1]:
        judged = Judged(at=site.now, tables="", logs={"www": 700, "shop": 400})
        write_record(site.open().place("state"), f"anomalies/{day[0]['day']}.json", judged)
    moments = [site.now - timedelta(minutes=m) for m in range(600, 0, -1)]
    site.write("access.log", *(hit(moment, f"192.0.2.{m % 9}") for m, moment in enumerate(moments)))
    site.write("shop.log", *(hit(moment, f"198.51.100.{m % 9}") for m, moment in enumerate(moments[:8])))
    site.ingest()
    site.now = NOW
    site.write("access.log", hit(site.now))
    site.write("shop.log", hit(site.now))
    site.ingest()
    judge_days(site.open())
    assert new_warnings(site.open()) == [
        "2026-09-15: shop: 2% of the lines of other Tuesdays; was the log not shipped?"
    ]
