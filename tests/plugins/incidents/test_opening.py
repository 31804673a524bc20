"""An attack that looks successful is one incident, for as long as it goes on, and no longer than its day."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from plugins.incidents.assessing import assess
from plugins.incidents.notices import all_notices
from plugins.incidents.opening import open_incidents
from plugins.steps.erasing import erase
from tests.plugins.backups.losses import bring_back, lose, save
from tests.plugins.incidents.incidents import (
    DAY,
    MALLORY,
    NOON,
    SCENARIO,
    WORDS,
    alert,
    attacked,
    days,
    evidence,
    kept,
    notice,
)
from tests.plugins.pages.test_blocklist import entries
from tests.stores import silent

MINUTE = timedelta(minutes=1)


def test_an_attack_that_looks_successful_opens_an_incident_and_others_none(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    others = [alert(number, outcome=outcome) for number, outcome in ((1, "blocked"), (2, "attempted"))]
    assert notice(site, alert(), *others, reached_at=NOON - 4 * MINUTE) == 1
    (one,) = kept(site)
    assert (one.target, one.scenario, one.description) == (MALLORY, SCENARIO, WORDS[SCENARIO])
    assert (one.reached_at, one.noticed_at, one.events) == (NOON - 4 * MINUTE, NOON, 3)


def test_counted_again_and_grown_it_is_the_same_incident(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    assert [notice(site, alert()), notice(site, alert())] == [1, 0]
    (first,) = kept(site)
    site.now += timedelta(hours=1)
    assert notice(site, alert(last_seen=NOON + MINUTE, events=9)) == 0
    (grown,) = kept(site)
    assert (grown.incident, grown.noticed_at) == (first.incident, NOON)
    assert (grown.first_seen, grown.last_seen, grown.events) == (first.first_seen, NOON + MINUTE, 9)
    assert len(entries(site, "open incidents")) == 1


def test_another_burst_target_or_scenario_is_another_incident(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    hours = timedelta(hours=3)
    earlier = alert(1, first_seen=NOON - hours, last_seen=NOON - hours)
    assert notice(site, alert(), earlier, alert(2, target="203.0.113.67")) == 3
    assert len({one.incident for one in kept(site)}) == 3


def test_one_that_goes_on_after_midnight_moves_to_the_newer_day(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    yesterday = NOON - timedelta(days=1)
    notice(site, alert(first_seen=yesterday, last_seen=yesterday))
    assert days(kept(site)) == [yesterday.date()]
    assert notice(site, alert(first_seen=yesterday, last_seen=NOON)) == 0
    assert days(kept(site)) == [DAY]
    assert [one.day for one in all_notices(site.open())] == [DAY]


def test_what_a_killed_run_has_kept_is_noted_by_the_next(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    site.open().place("state").remove(f"incidents/{kept(site)[0].incident}.json")
    assert notice(site, alert()) == 1
    assert [one.incident for one in all_notices(site.open())] == [one.incident for one in kept(site)]


def test_after_an_assessment_only_a_further_success_opens_another(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    assess(site.open(), kept(site)[0].incident, "no-breach", "the file is public", "security")
    site.now += timedelta(hours=1)
    later = alert(last_seen=NOON + 30 * MINUTE)
    assert notice(site, later, reached_at=NOON - 2 * MINUTE) == 0
    assert notice(site, later, reached_at=NOON + 20 * MINUTE) == 1
    assert len(kept(site)) == 2


def test_neither_notice_nor_audit_trail_says_whom_or_what(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    store = site.open()
    for root in ("state", "audit", "receipts", "exports"):
        for name in store.place(root).names():
            assert MALLORY.encode() not in store.place(root).get(name)
    (entry,) = entries(site, "open incidents")
    assert entry == {"actor": "operations", "new": 1, "scenarios": [SCENARIO], "incidents": [kept(site)[0].incident]}


def test_an_erasure_takes_those_of_the_address_and_no_other(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert(), alert(1, target="2001:db8::/64"), alert(2, target="203.0.113.0/24"))
    erase(site.open(), {ip_address(MALLORY), ip_address("2001:db8::5")}, "operations", silent)
    assert [one.target for one in kept(site)] == ["203.0.113.0/24"]
    assert len(all_notices(site.open())) == 3, "that somebody has to assess them stays known"


def test_they_come_back_from_a_backup_that_shows_no_address(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    before = kept(site), all_notices(site.open())
    save(site)
    place = site.open().place("backups")
    assert not any(MALLORY.encode() in place.get(name) for name in place.names())
    lose(site)
    bring_back(site)
    assert (kept(site), all_notices(site.open())) == before


def test_without_evidence_of_the_hit_the_end_of_the_burst_counts(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    store = site.open()
    with store.writing(DAY):
        assert open_incidents(store, [alert()], evidence(), WORDS, "operations") == 1
    assert kept(site)[0].reached_at == alert()["last_seen"]
