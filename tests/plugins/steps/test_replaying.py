"""A replay has the time of its logs, and only a store of its own has it."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.steps.closing import close_due
from plugins.steps.ingest import ingest
from plugins.steps.replaying import begin_replay, newest_plausible
from plugins.store.calendar import ClosedDayError
from plugins.store.store import open_store
from schemas.refusals import RefusedError
from tests.stores import Site, apache_error, hit, silent, utc

THEN = utc(2021, 3, 14, 12)
TODAY = utc(2026, 11, 20, 11)


def today() -> datetime:
    return TODAY


def test_its_clock_stands_at_the_newest_line_of_any_file(tmp_path: Path) -> None:
    site = Site(tmp_path, THEN)
    site.write("access.log", *(hit(THEN - timedelta(hours=30 - n)) for n in range(24)))
    (site.logs / "access.log.2.gz").write_bytes(gzip.compress(hit(THEN - timedelta(days=3)).encode()))
    site.write("error.log", apache_error(THEN - timedelta(hours=3)))
    assert begin_replay(site.policy, today) == THEN - timedelta(hours=4), "the zone of an error log is the policy's"
    store = open_store(site.policy, today)
    assert store.is_replay
    assert store.clock() == THEN - timedelta(hours=4)


def test_after_a_day_its_clock_goes_on_so_that_also_a_replay_forgets(tmp_path: Path) -> None:
    site = Site(tmp_path, THEN)
    site.write("access.log", hit(THEN), hit(THEN))
    began = today()
    begin_replay(site.policy, lambda: began)
    store = open_store(site.policy, lambda: began)
    ingest(store, "operations", silent)
    assert store.open_days() == [THEN.date()]
    assert open_store(site.policy, lambda: began + timedelta(hours=23)).clock() == THEN, "for a day it stands still"
    a_week_later = open_store(site.policy, lambda: began + timedelta(days=8))
    assert a_week_later.clock() == THEN + timedelta(days=7)
    with pytest.raises(ClosedDayError):
        a_week_later.keys.current(THEN.date())
    close_due(a_week_later, "operations", silent)
    assert list((tmp_path / "keys").glob("2*")) == []
    assert begin_replay(site.policy, lambda: began + timedelta(days=8)) == THEN + timedelta(days=7), "and never back"


def test_a_lonely_line_of_the_future_is_not_believed() -> None:
    moments = [THEN, THEN + timedelta(hours=5), THEN + timedelta(days=40), THEN + timedelta(days=40, hours=23)]
    assert newest_plausible(moments) == THEN + timedelta(days=40, hours=23), "a gap is no wrong clock"
    assert newest_plausible([*moments, THEN + timedelta(days=900)]) == THEN + timedelta(days=40, hours=23)
    assert newest_plausible([THEN]) == THEN
    assert newest_plausible([]) is None


def test_the_clock_goes_on_with_newer_logs_and_never_back(tmp_path: Path) -> None:
    site = Site(tmp_path, THEN)
    site.write("access.log", hit(THEN), hit(THEN))
    now = today()
    begin_replay(site.policy, lambda: now)
    site.write("access.log", hit(THEN + timedelta(hours=2)))
    assert begin_replay(site.policy, lambda: now) == THEN + timedelta(hours=2)
    (site.logs / "access.log").write_text(hit(THEN - timedelta(days=9)))
    assert begin_replay(site.policy, lambda: now) == THEN + timedelta(hours=2)


def test_a_live_store_is_no_replay_and_becomes_none(tmp_path: Path) -> None:
    site = Site(tmp_path, datetime.now(UTC))
    site.write("access.log", hit(site.now))
    site.ingest()
    assert not open_store(site.policy).is_replay
    with pytest.raises(RefusedError, match="live store"):
        begin_replay(site.policy)


def test_logs_without_a_line_that_can_be_read_are_refused(tmp_path: Path) -> None:
    site = Site(tmp_path, THEN)
    site.write("access.log", "what\n", "is this\n")
    with pytest.raises(RefusedError, match="format"):
        begin_replay(site.policy)


def test_logs_that_end_a_moment_before_midnight_lose_no_day(tmp_path: Path) -> None:
    """However slow the machine is, no day falls due in the middle of a run."""
    newest = utc(2021, 3, 14, 22, 59, 50)  # ten seconds before midnight in Oslo
    site = Site(tmp_path, newest)
    site.write("access.log", *(hit(newest - timedelta(hours=n)) for n in range(24 * 6, -1, -1)))
    begin_replay(site.policy, today)
    ingest(open_store(site.policy, today), "operations", silent)
    later = open_store(site.policy, lambda: today() + timedelta(minutes=5))
    close_due(later, "operations", silent)
    closed = [later.marks.get(day) for day in later.marks.days("closed")]
    assert [(mark.how, mark.missing) for mark in closed if mark] == [("rebuilt", 0)]
