"""The story of a decision are the hits behind it, and nobody else's."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from plugins.blocklist.story import story
from plugins.steps.erasing import erase
from tests.plugins.blocklist.blocklists import (
    BERIT,
    MALLORY,
    NOON,
    OPEN,
    PROBE,
    TRUDY,
    attacked,
    ban_by_hand,
    detect_on,
    kept,
)
from tests.stores import Site, apache_error, hit, silent

SECOND = timedelta(seconds=1)


def test_it_has_the_hits_that_the_scenario_saw_in_order_and_as_they_were_sent(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    site.write("access.log", hit(NOON - 9 * SECOND, MALLORY, "/before"), hit(NOON - 5 * SECOND, TRUDY, PROBE))
    site.write("access.log", hit(NOON - 3 * SECOND, MALLORY, PROBE, "<script>alert(1)</script>"))
    site.write("access.log.1", hit(NOON - 4 * SECOND, MALLORY, PROBE))
    site.ingest(shard_bytes=1)
    detect_on(site)
    (one,) = [one for one in kept(site) if one.target == MALLORY]
    rows = story(site.open(), one)
    assert [row["requested_at"] for row in rows] == [NOON - 4 * SECOND, NOON - 3 * SECOND]
    assert {row["client_ip"] for row in rows} == {MALLORY}
    assert rows[-1]["user_agent"] == "<script>alert(1)</script>"
    assert rows[-1]["query"] == PROBE.removeprefix("/?")
    assert rows[-1].keys() >= {"method", "path", "status", "vhost", "referrer"}


def test_it_is_capped_to_the_newest(tmp_path: Path) -> None:
    site = attacked(tmp_path, *(NOON - n * SECOND for n in range(20, 0, -1)))
    detect_on(site)
    (one,) = kept(site)
    rows = story(site.open(), one, most=3)
    assert [row["requested_at"] for row in rows] == [NOON - n * SECOND for n in (3, 2, 1)]


def test_of_a_ban_by_hand_it_shows_what_the_target_did_the_day_before(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    for age in (timedelta(hours=30), timedelta(hours=20), timedelta(hours=1)):
        site.write("access.log", hit(NOON - age, BERIT), hit(NOON - age, "198.51.100.200"), hit(NOON - age, TRUDY))
    site.ingest()
    assert len(story(site.open(), ban_by_hand(site))) == 2
    assert len(story(site.open(), ban_by_hand(site, "198.51.100.0/24"))) == 4
    assert story(site.open(), ban_by_hand(site, "2001:db8::1")) == []


def test_an_ipv6_decision_shows_all_addresses_of_its_64(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    site.write("access.log", *(hit(NOON, f"2001:db8::{n}", PROBE) for n in (1, 2)), hit(NOON, "2001:db8:0:1::1", PROBE))
    site.ingest()
    detect_on(site)
    (one,) = [one for one in kept(site) if one.target == "2001:db8::/64"]
    assert {row["client_ip"] for row in story(site.open(), one)} == {"2001:db8::1", "2001:db8::2"}


def test_what_was_erased_or_closed_is_missing(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    (one,) = kept(site)
    erase(site.open(), {ip_address(MALLORY)}, "operations", silent)
    assert story(site.open(), one) == []
    site.now += timedelta(days=7)
    assert story(site.open(), one) == []


def test_of_a_scenario_of_the_error_log_it_has_the_entries(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    moments = [NOON - n * SECOND for n in range(9, 0, -1)]
    denied = [apache_error(at, MALLORY, f"AH01630: client denied by server configuration: /x{at:%S}") for at in moments]
    site.write("error.log", *denied)
    site.ingest()
    detect_on(site)
    (one,) = [one for one in kept(site) if one.scenario == "error-denied"]
    rows = story(site.open(), one)
    assert [row["message"] for row in rows] == [
        f"AH01630: client denied by server configuration: /x{at:%S}" for at in moments
    ]
    assert {row["client_ip"] for row in rows} == {MALLORY}
    assert {row["path"] for row in rows} == {None}
