"""A person bans and lifts with a reason; what no one may ban is refused without a word of it being repeated."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from plugins.blocklist.by_hand import ban, lift
from plugins.blocklist.decisions import Decisions, new_handle
from plugins.steps.closing import close_day
from schemas.refusals import RefusedError
from tests.plugins.blocklist.blocklists import (
    BERIT,
    DAY,
    MALLORY,
    NOON,
    OPEN,
    active,
    attack,
    attacked,
    ban_by_hand,
    detect_on,
    export,
    kept,
    new_and_active,
)
from tests.stores import Site

HOUR = timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Nothing was read yet: the first thing in the store is the ban."""
    return Site(tmp_path, NOON, OPEN)


def test_a_ban_holds_from_now_as_long_as_the_policy_says_and_is_in_the_files(site: Site) -> None:
    one = ban_by_hand(site)
    assert (one.target, one.day, one.scenario, one.decided_by) == (BERIT, DAY, "by-hand", "security")
    assert (one.decided_at, one.until, one.events) == (NOON, NOON + 4 * HOUR, 0)
    assert Decisions(site.open()).get(one.decision) == one
    assert f"deny {BERIT};" in export(site)


def test_a_ban_ends_when_it_was_to_end_and_at_closing_at_the_latest(site: Site) -> None:
    assert ban_by_hand(site, lasts=2 * HOUR).until == NOON + 2 * HOUR
    assert ban_by_hand(site, "198.51.100.6", lasts=timedelta(days=30)).until == site.open().calendar.deadline(DAY)
    site.now = NOON + 2 * HOUR
    assert active(site) == {"198.51.100.6"}


def test_a_second_ban_on_the_same_target_lasts_twice_as_long(site: Site) -> None:
    ban_by_hand(site)
    assert ban_by_hand(site).until == NOON + 8 * HOUR


@pytest.mark.parametrize(
    ("written", "target"),
    [
        (" 198.51.100.5 ", "198.51.100.5"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("198.51.0.0/16", "198.51.0.0/16"),
        ("::ffff:198.51.100.5", "198.51.100.5"),
        ("2001:db8:0:7::4d", "2001:db8:0:7::/64"),
        ("2001:db8:0:7::/100", "2001:db8:0:7::/64"),
        ("2001:DB8::/32", "2001:db8::/32"),
    ],
)
def test_targets_are_addresses_networks_and_the_64_of_an_ipv6_address(written: str, target: str, site: Site) -> None:
    assert ban_by_hand(site, written).target == target


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("", "neither"),
        ("example.org", "neither"),
        ("198.51.100.5:443", "neither"),
        ("198.51.100.5/24", "neither"),
        ("3325256709", "neither"),
        ("198.51.100.5; allow all", "neither"),
        ("198.51.100.5\n203.0.113.1", "neither"),
        ("127.0.0.1", "no address of the internet"),
        ("0.0.0.0", "no address of the internet"),
        ("::", "no address of the internet"),
        ("::1", "no address of the internet"),
        ("::ffff:127.0.0.1", "no address of the internet"),
        ("10.1.2.3", "no address of the internet"),
        ("172.31.0.0/16", "no address of the internet"),
        ("192.168.0.0/16", "no address of the internet"),
        ("169.254.1.1", "no address of the internet"),
        ("fd00::1", "no address of the internet"),
        ("fe80::1", "no address of the internet"),
        ("224.0.0.1", "no address of the internet"),
        ("ff02::1", "no address of the internet"),
        ("255.255.255.255", "no address of the internet"),
        ("198.0.0.0/15", "this wide"),
        ("0.0.0.0/0", "this wide"),
        ("2001::/31", "this wide"),
        ("::/0", "this wide"),
        ("192.0.2.7", "allowlist"),
        ("192.0.2.0/24", "allowlist"),
        ("2001:db8:1:2:3::1", "allowlist"),
    ],
)
def test_what_may_not_be_banned_is_refused_and_not_repeated(target: str, why: str, tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, OPEN.replace("[]", '["192.0.2.0/28", "2001:db8:1:2::9"]'))
    with pytest.raises(RefusedError, match=why) as caught:
        ban_by_hand(site, target)
    assert not target or len(target) < 4 or target not in str(caught.value)
    assert kept(site) == []


@pytest.mark.parametrize(("reason", "why"), [("", "required"), (" \n\t", "required"), ("x" * 501, "longer")])
def test_a_reason_is_required_and_short(reason: str, why: str, site: Site) -> None:
    with pytest.raises(RefusedError, match=why):
        ban(site.open(), [BERIT], reason, "security")
    one = ban_by_hand(site)
    with pytest.raises(RefusedError, match=why):
        lift(site.open(), [one.decision], reason, "security")
    assert active(site) == {BERIT}


def test_a_reason_is_one_line(site: Site) -> None:
    assert ban(site.open(), [BERIT], " two\r\nlines\x1b[31m ", "op")[0].reason == "two lines [31m"


def test_a_lifted_ban_is_in_no_file_and_stays_on_record(site: Site) -> None:
    one = ban_by_hand(site)
    site.now += HOUR
    [lifted] = lift(site.open(), [one.decision], "it was us", "op")
    assert (lifted.lifted_at, lifted.lifted_by, lifted.lift_reason) == (site.now, "op", "it was us")
    assert kept(site) == [lifted]
    assert BERIT not in export(site) + export(site, "blocklist.csv")
    assert ban_by_hand(site).until == site.now + 4 * HOUR, "what was lifted doubles nothing"


def test_a_lifted_ban_is_lifted_on_a_further_day_too_that_comes_while_its_own_is_at_work(site: Site) -> None:
    one = ban_by_hand(site, lasts=2 * 24 * HOUR)
    site.now += 24 * HOUR
    store = site.open()
    with store.writing(DAY, site.now.date()):
        lifting = Thread(target=lift, args=(site.open(), [one.decision], "it was us", "op"))
        lifting.start()
        lifting.join(0.3)  # by then it waits for the first day
        Decisions(store).add([replace(one, decision=new_handle(), day=site.now.date(), scenario="sql-injection")])
    lifting.join()
    assert active(site) == set()


def test_nothing_is_lifted_twice_nor_when_it_is_over(site: Site) -> None:
    one, other = ban_by_hand(site), ban_by_hand(site, "198.51.100.6", lasts=HOUR)
    lift(site.open(), [one.decision], "it was us", "op")
    site.now += HOUR
    for handle, why in ((one.decision, "over already"), (other.decision, "over already"), ("0" * 12, "no such")):
        with pytest.raises(RefusedError, match=why):
            lift(site.open(), [handle], "again", "op")


def test_the_attack_behind_a_lifted_decision_bans_nobody_again(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    lift(site.open(), [kept(site)[0].decision], "our own scanner", "security")
    attack(site, NOON - timedelta(minutes=5) + timedelta(seconds=4))
    assert new_and_active(site) == (0, 0)
    attack(site, NOON)
    assert new_and_active(site) == (1, 1), "a new attack does"
    assert active(site) == {MALLORY}


def test_bans_of_a_day_without_lines_end_with_it(site: Site) -> None:
    ban_by_hand(site)
    site.rebuild()
    site.write("access.log", "")
    site.ingest()
    assert active(site) == {BERIT}
    site.now = NOON + timedelta(days=6, hours=11)
    site.write("access.log", "")
    assert [mark.day for mark in site.close()] == [DAY]
    assert kept(site) == []
    assert BERIT not in export(site)


def test_nothing_is_filed_under_a_day_that_is_closed(site: Site) -> None:
    ban_by_hand(site)
    close_day(site.open(), DAY, "operations", lambda _: None)
    with pytest.raises(RefusedError, match="closed"):
        ban_by_hand(site)
    assert site.open().keys.days() == set()


def test_the_audit_trail_names_the_decision_and_not_the_target(site: Site) -> None:
    one = ban_by_hand(site)
    lift(site.open(), [one.decision], "it was us", "op")
    store = site.open()
    text = b"".join(store.audit.place.get(name) for name in store.audit.place.names()).decode()
    assert text.count(one.decision) == 2
    assert BERIT not in text
    assert "it was us" not in text


def test_every_handle_is_fit_for_the_audit_trail(site: Site) -> None:
    handles = {new_handle() for _ in range(3000)}
    assert len(handles) == 3000
    store = site.open()
    store.audit.append(NOON, "op", "handles", handles=sorted(handles))


@pytest.mark.parametrize(
    ("own", "target"),
    [
        (BERIT, BERIT),
        (BERIT, "198.51.0.0/16"),
        (f"::ffff:{BERIT}", BERIT),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:db8::7", "2001:db8::8"),
    ],
)
def test_nobody_bans_the_address_at_which_he_sits(own: str, target: str, site: Site) -> None:
    with pytest.raises(RefusedError, match="from which you do this yourself") as refused:
        ban_by_hand(site, target, own=own)
    assert own not in str(refused.value)
    assert active(site) == set()


@pytest.mark.parametrize("own", ["", "testclient", "203.0.113.1"])
def test_where_it_is_another_or_not_known_the_ban_is_made(own: str, site: Site) -> None:
    assert ban_by_hand(site, own=own).target == BERIT
