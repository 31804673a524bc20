"""No day ends, and none begins again, because a machine's clock is wrong."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.steps.closing import close_due
from plugins.store.clock import NAME, ClockError, check_clock, record_run, times_of
from plugins.store.door import Folder
from schemas.refusals import RefusedError
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
DAY = NOON.date()
A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def state(tmp_path: Path) -> Folder:
    """Of a store whose last run was at noon and saw a line of an hour before."""
    state = Folder(tmp_path)
    record_run(NOON, state, NOON - AN_HOUR)
    return state


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two open days."""
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON - A_DAY), hit(NOON))
    site.ingest()
    return site


def everything(site: Site) -> dict[str, bytes]:
    """All that the store keeps, but for locks."""
    return {
        str(path.relative_to(site.folder)): path.read_bytes()
        for root in ("store", "keys", "keys-mirror", "backups")
        for path in sorted((site.folder / root).rglob("*"))
        if path.is_file() and "locks" not in path.parts
    }


def test_a_new_store_believes_its_clock(tmp_path: Path) -> None:
    check_clock(NOON, Folder(tmp_path), [])


@pytest.mark.parametrize("span", [-AN_HOUR, timedelta(0), A_DAY])
def test_a_clock_that_went_on_for_a_day_is_believed(span: timedelta, state: Folder) -> None:
    check_clock(NOON + span, state, [])


def test_a_clock_further_ahead_than_everything_else_needs_a_person(state: Folder) -> None:
    now = NOON + timedelta(days=10)
    with pytest.raises(ClockError, match=r"10 days ahead of everything else.*nothing was done.*--clock-is-right"):
        check_clock(now, state, [])
    with pytest.raises(ClockError, match="25 hours ahead"):
        check_clock(NOON + timedelta(hours=25), state, [NOON - A_DAY])
    check_clock(now, state, [], is_right=True)


def test_one_other_that_says_so_too_is_enough(state: Folder) -> None:
    now = NOON + timedelta(days=10)
    check_clock(now, state, [NOON, now - AN_HOUR])
    record_run(NOON, state, now - AN_HOUR)
    check_clock(now, state, [])


def test_a_clock_behind_the_last_run_needs_a_person(state: Folder) -> None:
    now = NOON - timedelta(minutes=61)
    with pytest.raises(ClockError, match=r"1 hours behind the last run.*Set it right"):
        check_clock(now, state, [now])
    check_clock(now, state, [now], is_right=True)


def test_the_newest_line_is_remembered_over_runs_that_saw_none(state: Folder) -> None:
    record_run(NOON - 2 * A_DAY, state, NOON)
    record_run(NOON - A_DAY, state)
    check_clock(NOON + A_DAY, state, [])
    with pytest.raises(ClockError):
        check_clock(NOON + AN_HOUR + A_DAY, state, [])


def test_a_run_that_was_begun_earlier_moves_the_last_run_back_only_by_a_persons_word(state: Folder) -> None:
    later = NOON + A_DAY - AN_HOUR / 2  # within a day of the last run, not of the newest line
    record_run(NOON - 3 * A_DAY, state)
    check_clock(later, state, [])
    record_run(NOON - 3 * A_DAY, state, is_right=True)
    with pytest.raises(ClockError):
        check_clock(later, state, [])


def test_a_damaged_memory_of_the_clock_is_a_sentence_and_nothing_is_believed(state: Folder) -> None:
    state.put(NAME, b"{")
    with pytest.raises(RefusedError, match=r"clock.json is damaged"):
        check_clock(NOON, state, [])


def test_a_missing_file_says_nothing_about_the_time(tmp_path: Path) -> None:
    there = tmp_path / "access.log"
    there.touch()
    os.utime(there, (NOON.timestamp(), NOON.timestamp()))
    assert times_of([there, tmp_path / "gone"]) == [NOON]


def test_ten_days_ahead_nothing_is_shredded_or_read_without_a_person(site: Site) -> None:
    """Old lines that come with the jump are no reason to believe it, and are not imported."""
    site.write("access.log.1", hit(NOON - timedelta(days=30)))
    before = everything(site)
    site.now += timedelta(days=10)
    with pytest.raises(ClockError, match="10 days ahead"):
        site.ingest()
    with pytest.raises(ClockError, match="10 days ahead"):
        site.close()
    assert site.rebuild() == []
    assert everything(site) == before
    assert site.open().keys.days() == {DAY - A_DAY, DAY}

    site.now -= timedelta(days=10)
    assert site.ingest().lines.total() == 1
    assert site.open().open_days() == [DAY - A_DAY, DAY]


def test_a_person_may_answer_for_a_clock_that_is_ten_days_ahead(site: Site) -> None:
    """The machine was off; its logs have nothing new."""
    site.now += timedelta(days=10)
    marks, problems = close_due(site.open(), "operations", silent, clock_is_right=True)
    assert [(mark.day, mark.how) for mark in marks] == [(DAY - A_DAY, "expired"), (DAY, "expired")]
    assert problems == []
    assert site.open().keys.days() == set()
    site.close()  # and from now on it is believed


def test_an_ingest_that_a_person_answers_for_closes_and_imports(site: Site) -> None:
    site.now += timedelta(days=10)
    old = NOON - timedelta(days=30)
    path = site.write("access.log.1", hit(old))
    os.utime(path, (old.timestamp(), old.timestamp()))
    marks = site.ingest(clock_is_right=True).marks
    assert [(mark.day, mark.how) for mark in marks] == [
        (DAY - A_DAY, "expired"),
        (DAY, "expired"),
        (old.date(), "imported"),
    ]


@pytest.mark.parametrize("days", [5, 6])
def test_a_jump_back_opens_nothing_again(days: int, site: Site) -> None:
    """Not even when it goes back into the closed day itself: what would belong to it waits for a better time."""
    site.now = utc(2026, 11, 25, 22, 30)
    site.write("access.log", hit(site.now))
    site.ingest()
    assert [mark.day for mark in site.close()] == [DAY - A_DAY]
    site.now -= timedelta(days=days)
    site.write("access.log", hit(NOON - A_DAY, path="/again"))
    before = everything(site)
    for act in (site.ingest, site.close):
        with pytest.raises(ClockError, match="behind the last run"):
            act()
    assert everything(site) == before

    result = site.ingest(clock_is_right=True)
    if days == 5:
        assert (result.lines["late"], result.problems) == (1, [])
    else:
        assert (result.lines.total(), len(result.problems)) == (0, 1)
        assert "2026-11-19 is closed" in result.problems[0]
    store = site.open()
    assert DAY - A_DAY not in store.keys.days()
    assert list(store.window.names(DAY - A_DAY)) == []
    assert store.marks.days("closed") == [DAY - A_DAY]
