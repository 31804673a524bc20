"""What a scenario would have done in the window: targets, evidence, and the people it would have cost."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.backtest.choosing import find_scenario, read_rule
from plugins.backtest.evidence import evidence_of
from plugins.backtest.running import Backtest, backtest
from plugins.backtest.telling import as_values, note_of, sentences
from plugins.cli.terminal import to_json
from plugins.steps.closing import close_day
from schemas.refusals import RefusedError
from schemas.scenario import ScenarioError
from tests.plugins.blocklist.blocklists import (
    BERIT,
    MALLORY,
    NOON,
    OPEN,
    TRUDY,
    attacked,
    ban_by_hand,
    detect_on,
    kept,
)
from tests.stores import Site, apache_error, hit, silent
from transforms.detection.cost import Hit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
READERS = """\
name = "readers"
description = "Whoever reads two pages of the library in a minute"
severity = "low"
bucket = { capacity = 1, leak = "PT30S" }
[[match]]
path = ["^/library/"]
"""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/{}.0"


def try_rule(site: Site, text: str = READERS) -> Backtest:
    store = site.open()
    return backtest(store, read_rule(store.policy, "rule.toml", text), silent)


def try_scenario(site: Site, name: str) -> Backtest:
    store = site.open()
    return backtest(store, find_scenario(store.policy, name), silent)


def library(site: Site, address: str, *minutes: float, agent: str = FIREFOX.format(128, 128)) -> None:
    """A person who reads a page of the library at each of these minutes after ten."""
    ten = NOON - HOUR
    site.write("access.log", *(hit(ten + n * MINUTE, address, f"/library/{n}", agent) for n in minutes))


def test_a_rule_is_tried_on_hits_that_were_read_before_it_was_written(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    library(site, BERIT, 0, 0.2, 30)
    library(site, TRUDY, 0, 10, 20)
    site.ingest()
    found = try_rule(site)
    (one,) = found.targets
    assert (one.target, one.alerts, one.events, one.outcome) == (BERIT, 1, 2, "attempted")
    assert (one.first_seen, one.until) == (NOON - HOUR, NOON - HOUR + 0.2 * MINUTE + 4 * HOUR)
    assert found.hits == 6
    few, none = READERS.replace("capacity = 1", "capacity = 9"), READERS.replace("^/library/", "^/library/[?]page=")
    told = "readers would have banned nobody in 6 hits of 1 days"
    assert [sentences(try_rule(site, text)) for text in (few, none)] == [[f"{told}."], [f"{told}; no line fits it."]]


def test_the_cost_is_the_pageviews_of_people_from_the_overflow_until_the_ban_ends(tmp_path: Path) -> None:
    """The hit that overflows was answered; the one before the ban, and one after its end, are not in its time."""
    site = Site(tmp_path, NOON + 6 * HOUR, OPEN)
    library(site, BERIT, 0, 0.2, 30, 400)
    library(site, TRUDY, 0, 10)
    site.write("access.log", hit(NOON, BERIT, "/style.css"), hit(NOON, BERIT, "/library/x", "Googlebot/2.1"))
    site.ingest()
    cost = try_rule(site).cost
    assert (cost.people, cost.banned, cost.whole) == (Hit(6, 2), Hit(2, 1), Hit(4, 1))


def test_an_address_with_many_browsers_looks_shared(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    for number in range(5):
        library(site, BERIT, number / 10, agent=FIREFOX.format(120 + number, 120 + number))
    site.ingest()
    (one,) = try_rule(site).targets
    assert (one.cost.most, note_of(one)) == (5, "looks shared")


def test_a_scenario_that_only_simulates_is_tried_as_if_it_banned(tmp_path: Path) -> None:
    site = attacked(tmp_path, policy=OPEN + 'simulate = ["log4shell"]\n')
    detect_on(site)
    assert kept(site) == []
    assert [one.target for one in try_scenario(site, "log4shell").banned] == [MALLORY]


def test_whom_another_scenario_banned_costs_nobody_and_is_said_to_be_banned_anyway(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    library(site, MALLORY, 0, 0.2, 0.3)
    library(site, BERIT, 0, 0.2, 0.3)
    site.ingest()
    found = try_rule(site)
    assert {one.target: note_of(one) for one in found.targets} == {MALLORY: "banned anyway", BERIT: ""}
    assert (found.cost.people, found.cost.banned) == (Hit(3, 1), Hit(2, 1))
    assert not try_scenario(site, "log4shell").targets[0].is_known, "its own decisions are what is tried"
    ban_by_hand(site, "198.51.0.0/16")
    assert all(one.is_known for one in try_rule(site).targets)


def test_the_policys_own_networks_are_shown_and_not_banned(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN.replace("smallest_group", f'exclude_networks = ["{BERIT}/32"]\nsmallest_group'))
    library(site, BERIT, 0, 0.2)
    site.ingest()
    found = try_rule(site)
    assert [(one.target, note_of(one)) for one in found.targets] == [(BERIT, "protected")]
    assert found.banned == []


def test_the_lines_behind_a_target_are_those_of_the_log(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    library(site, BERIT, *(n / 10 for n in range(8)))
    library(site, TRUDY, 0)
    site.ingest()
    found = try_rule(site)
    lines = evidence_of(site.open(), found, {BERIT})
    assert [line["path"] for line in lines[BERIT]] == ["/library/0.0", "/library/0.1", "/library/0.2"]
    assert set(lines) == {BERIT}


def test_a_rule_for_the_error_log_is_tried_on_the_error_log(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    zone = site.open().calendar.zone
    message = "AH01630: client denied by server configuration: /srv/x"
    moments = [(NOON - n * MINUTE).astimezone(zone) for n in (3, 2, 1)]
    site.write("access.log", hit(NOON - HOUR))
    site.write("error.log", *(apache_error(moment, BERIT, message) for moment in moments))
    site.ingest()
    rule = READERS.replace('[[match]]\npath = ["^/library/"]', '[[error]]\ncode = ["ah01630"]').replace("30S", "5M")
    found = try_rule(site, rule)
    assert [(one.target, one.events) for one in found.targets] == [(BERIT, 3)]
    (lines,) = evidence_of(site.open(), found, {BERIT}).values()
    assert "client denied" in lines[0]["message"]


def test_a_burst_over_midnight_is_one_alert_and_a_closed_day_is_not_looked_at(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    midnight = NOON.replace(hour=23) - timedelta(days=1)  # in Oslo
    site.write("access.log", *(hit(midnight + n * timedelta(seconds=5), BERIT, f"/library/{n}") for n in (-1, 1)))
    site.ingest()
    assert [one.events for one in try_rule(site).targets] == [2]
    close_day(site.open(), NOON.date() - timedelta(days=1), "operations", silent)
    assert try_rule(site).targets == []


def test_nothing_is_kept_of_a_backtest(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    before = {path: path.read_bytes() for path in sorted(site.folder.rglob("*")) if path.is_file()}
    try_scenario(site, "log4shell")
    assert {path: path.read_bytes() for path in sorted(site.folder.rglob("*")) if path.is_file()} == before


def test_sentences_hold_counts_and_no_address(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    library(site, BERIT, 0, 0.2, 0.3)
    site.ingest()
    told = " ".join(sentences(try_rule(site)))
    assert "would have banned 1 target" in told
    assert "2 of 3 pageviews of people (66.67 %)" in told
    assert BERIT not in told


def test_programs_get_counts_shares_and_lines(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    library(site, BERIT, 0, 0.2, 0.3)
    site.ingest()
    found = try_rule(site)
    values = as_values(found, evidence_of(site.open(), found, {BERIT}))
    assert values["cost_while_banned"] == {
        "pageviews": 2,
        "visitors": 1,
        "share_of_pageviews": round(2 / 3, 6),
        "share_of_visitors": 1.0,
    }
    assert json.loads(to_json(values))["targets"][0]["evidence"][0]["requested_at"] == "2026-11-20T10:00:00Z"


def test_what_cannot_be_tried_is_refused_with_what_to_do(tmp_path: Path) -> None:
    policy = Site(tmp_path, NOON, OPEN).open().policy
    with pytest.raises(RefusedError, match="those in use are"):
        find_scenario(policy, "no-such")
    with pytest.raises(ScenarioError, match=r"rule.toml: bucket is missing"):
        read_rule(policy, "rule.toml", READERS.replace("bucket", "# bucket"))
    with pytest.raises(ScenarioError, match="longer than"):
        read_rule(policy, "rule.toml", "#" * 30_000)


def test_a_window_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    for path in (site.folder / "store" / "window" / str(NOON.date())).rglob("hits/**/*.parquet"):
        path.unlink()
    with pytest.raises(RefusedError, match="give the day up"):
        try_scenario(site, "log4shell")
