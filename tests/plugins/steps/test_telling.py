"""A trouble that lasts is told once a day, not once an hour."""

from datetime import timedelta
from pathlib import Path

from plugins.steps.telling import is_news, note_told, take_news
from plugins.steps.watching import find_troubles
from tests.stores import POLICY, Site, hit, utc


def test_a_trouble_is_told_when_it_begins_and_daily_while_it_lasts(tmp_path: Path) -> None:
    site = Site(tmp_path, utc(2026, 11, 20, 11))
    told = []
    for hour in range(50):
        silent = f"www: no new line for {hour + 7} hours; is the log still shipped to this machine?"
        told += [(hour, sentence) for sentence in take_news(site.open(), [silent])]
        site.now += timedelta(hours=1)
    assert [hour for hour, _ in told] == [0, 24, 48]
    assert "31 hours" in told[1][1], "it is told as it is by then"


def test_a_trouble_that_comes_back_is_news(tmp_path: Path) -> None:
    store = Site(tmp_path, utc(2026, 11, 20, 11)).open()
    assert take_news(store, ["one", "two"]) == ["one", "two"]
    assert take_news(store, ["two"]) == []
    assert take_news(store, ["one", "two"]) == ["one"]


def test_a_log_that_does_not_fit_its_format_is_told_once_a_day_by_whoever_meets_it_first(tmp_path: Path) -> None:
    site = Site(tmp_path, utc(2026, 11, 20, 11))
    site.write("access.log", hit(site.now))
    site.ingest()
    told = []
    for minute in range(0, 60 * 26, 30):
        site.write("access.log", hit(site.now), *["what is this?\n"] * 10, *["\n"] * 100)
        told += [("ingest", minute, sentence) for sentence in site.ingest().problems]
        told += [("watch", minute, sentence) for sentence in take_news(site.open(), find_troubles(site.open()))]
        site.now += timedelta(minutes=30)
    assert [(who, minute) for who, minute, _ in told] == [("ingest", 0), ("ingest", 60 * 24)]
    assert told[0][2].startswith("www: 91% of its last lines do not fit the format"), "blank lines do not count"


def test_each_log_says_which_share_of_its_lines_may_be_in_quarantine(tmp_path: Path) -> None:
    site = Site(tmp_path, utc(2026, 11, 20, 11), POLICY + "quarantine_share = 0.95\n")
    site.write("access.log", hit(site.now), *["what is this?\n"] * 10)
    assert site.ingest().problems == []
    site.policy.write_text(POLICY + "quarantine_share = 0\n", encoding="utf-8")
    site.write("access.log", *[hit(site.now)] * 2000, *["what is this?\n"] * 10)
    assert len(site.ingest().problems) == 1


def test_two_days_that_are_overdue_are_two_troubles(tmp_path: Path) -> None:
    store = Site(tmp_path, utc(2026, 11, 20, 11)).open()
    assert take_news(store, ["2026-11-12 should be closed"]) == ["2026-11-12 should be closed"]
    assert take_news(store, ["2026-11-12 should be closed", "2026-11-13 should be closed"]) == [
        "2026-11-13 should be closed"
    ]


def test_a_share_that_changes_is_the_same_trouble_and_a_version_is_another(tmp_path: Path) -> None:
    store = Site(tmp_path, utc(2026, 11, 20, 11)).open()
    assert take_news(store, ["www: 5.9% failed, 0.2% are usual"])
    assert not take_news(store, ["www: 6.1% failed, 10% are usual"])
    assert take_news(store, ["lists 1.67.0 are old"])
    assert take_news(store, ["lists 1.68.0 are old"])


def test_a_failure_of_each_run_is_told_once_a_day(tmp_path: Path) -> None:
    site = Site(tmp_path, utc(2026, 11, 20, 11))
    told = []
    failure = "ingest_logs.fail_for_problems failed: access.log.14.gz is a broken gzip file"
    for minute in range(0, 60 * 26, 5):
        if is_news(site.open(), failure):
            told.append(minute)
            note_told(site.open(), failure)
        site.now += timedelta(minutes=5)
    assert told == [0, 60 * 24]
    assert is_news(site.open(), failure.replace("14", "15")), "another file"
    site.now -= timedelta(days=300)
    assert is_news(site.open(), failure), "it was noted under a clock that was wrong"
