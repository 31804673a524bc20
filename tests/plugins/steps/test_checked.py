"""A day whose tables break a rule is not published on any way, what was published stays, and the result is kept."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from plugins.steps import days, rebuilding
from plugins.steps.checked import Broken, last_checks
from plugins.steps.closing import close_day, close_due
from plugins.steps.examining import examine
from plugins.steps.rebuild_parts import check_part, compute_part, publish_part
from plugins.steps.telling import new_warnings
from schemas.refusals import RefusedError
from schemas.suites import SUITES
from tests.stores import Site, hit, silent, utc

NOW = utc(2026, 11, 20, 12)
TODAY = NOW.date()
LOST = Broken(
    table="days", words="every line is a hit, ignored, an error, a continuation or in quarantine", severity="critical"
)
ODD = Broken(table="status_daily", words="a status is 0 (none) or 100 to 599", severity="warning")
Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A day is published; since then there are new lines of it."""
    found = Site(tmp_path, NOW)
    found.write(
        "access.log", *(hit(NOW - timedelta(minutes=n), f"192.0.2.{n % 9}", "/planted") for n in range(30, 0, -1))
    )
    found.ingest()
    found.rebuild()
    found.write("access.log", hit(NOW))
    found.ingest()
    return found


def losing_a_line(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    row = tables["days"].to_pylist()[0]
    return tables | {"days": pa.Table.from_pylist([row | {"hits": row["hits"] - 1}], schema=tables["days"].schema)}


def with_an_odd_status(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    rows = [row | {"status": 799} for row in tables["status_daily"].to_pylist()]
    return tables | {"status_daily": pa.Table.from_pylist(rows, schema=tables["status_daily"].schema)}


def computing(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, pa.Table]], dict[str, pa.Table]]) -> None:
    """From now on, what is computed is wrong."""
    compute_day, compute_final_day = rebuilding.compute_day, days.compute_final_day

    def final(*given: Any) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
        tables, visit_log = compute_final_day(*given)
        return change(tables), visit_log

    monkeypatch.setattr(rebuilding, "compute_day", lambda *given: change(compute_day(*given)))
    monkeypatch.setattr(days, "compute_final_day", final)


def test_a_rebuild_keeps_the_old_tables(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.tables()
    computing(monkeypatch, losing_a_line)
    with pytest.raises(RefusedError, match="days of 2026-11-20 should keep the rule “every line is a hit"):
        site.rebuild()
    assert site.tables() == before
    assert LOST in last_checks(site.open())[TODAY].broken


def test_a_rebuild_in_parts_keeps_the_old_tables(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.tables()
    computing(monkeypatch, losing_a_line)
    compute_part(site.open(), [TODAY], silent)
    checked = check_part(site.open(), [TODAY])
    assert checked.days == []
    assert "2026-11-20 is not published anew" in checked.problems[0]
    assert publish_part(site.open(), [TODAY]) == []
    assert site.tables() == before
    assert LOST in last_checks(site.open())[TODAY].broken


def test_a_day_that_closes_stays_open_with_its_old_tables(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.tables()
    computing(monkeypatch, losing_a_line)
    site.now = NOW + timedelta(days=6, hours=9)
    site.write("access.log", hit(site.now))
    _, (problem,) = close_due(site.open(), "operations", silent)
    assert problem.startswith(
        "2026-11-20 is not closed: nothing was written, since 2 checks failed: days of 2026-11-20"
    )
    assert site.tables() == before
    assert site.open().open_days() == [TODAY]
    assert LOST in last_checks(site.open())[TODAY].broken


@pytest.mark.parametrize("how", ["given up", "expired"])
def test_a_day_that_ends_without_being_read_is_no_trouble_any_more(
    how: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing(monkeypatch, losing_a_line)
    with pytest.raises(RefusedError):
        site.rebuild()
    site.now = NOW + timedelta(days=8)
    site.write("access.log", hit(site.now))
    assert close_day(site.open(), TODAY, "operations", silent, give_up=how == "given up").how == how
    assert last_checks(site.open()) == {}
    assert [one.sentence for one in examine(site.open()) if one.subject == "statistics" and one.state == "wrong"] == []


def test_the_checks_of_a_day_that_is_computed_to_its_end_stay(site: Site) -> None:
    assert close_day(site.open(), TODAY, "operations", silent).how == "rebuilt"
    assert last_checks(site.open())[TODAY].is_published


def test_a_warning_is_published_noted_and_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    computing(monkeypatch, with_an_odd_status)
    assert site.rebuild() == [TODAY]
    checks = last_checks(site.open())[TODAY]
    assert checks.broken == (ODD,)
    assert new_warnings(site.open()) == [
        "2026-11-20: status_daily should keep the rule “a status is 0 (none) or 100 to 599”"
    ]


def test_a_warning_that_is_still_there_when_a_day_is_checked_again_is_told_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing(monkeypatch, with_an_odd_status)
    site.rebuild()
    assert len(new_warnings(site.open())) == 1
    site.now += timedelta(days=6)
    site.write("access.log", hit(site.now))
    assert close_day(site.open(), TODAY, "operations", silent).how == "rebuilt"
    checks = last_checks(site.open())[TODAY]
    assert (checks.at, checks.broken) == (site.now, (ODD,))
    assert new_warnings(site.open()) == []


def test_a_damaged_result_keeps_no_day_from_being_published(site: Site) -> None:
    site.open().place("state").put(f"checks/{TODAY}.json", b"{")
    assert site.rebuild() == [TODAY]
    assert last_checks(site.open())[TODAY].is_published


def test_a_result_says_when_and_by_how_many_rules_and_holds_no_value(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing(monkeypatch, losing_a_line)
    with pytest.raises(RefusedError) as refusal:
        site.rebuild()
    checks = last_checks(site.open())[TODAY]
    assert checks.at == NOW
    assert checks.rules.keys() == set(SUITES)
    kept = site.open().place("state").get(f"checks/{TODAY}.json").decode()
    for text in (kept, str(refusal.value)):
        assert "planted" not in text
        assert "192.0.2" not in text


def test_a_result_of_an_earlier_version_is_read_and_its_version_of_the_rules_is_written_no_more(site: Site) -> None:
    place, name = site.open().place("state"), f"checks/{TODAY}.json"
    kept = json.loads(place.get(name))
    assert "suites" not in kept
    place.put(name, json.dumps(kept | {"suites": "0123456789ab"}).encode())
    assert last_checks(site.open())[TODAY].rules == kept["rules"]


def test_the_doctor_says_what_was_not_published(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one.state for one in examine(site.open()) if one.subject == "statistics"}
    assert found == {"ok"}
    computing(monkeypatch, losing_a_line)
    with pytest.raises(RefusedError):
        site.rebuild()
    wrong = [one.sentence for one in examine(site.open()) if one.subject == "statistics" and one.state == "wrong"]
    assert wrong[0].startswith("2026-11-20 is not published anew, and what was published of it before stays:")


def test_tables_that_are_right_again_take_the_broken_ones_place(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        computing(patch, losing_a_line)
        with pytest.raises(RefusedError):
            site.rebuild()
    site.rebuild()
    assert last_checks(site.open())[TODAY].broken == ()
