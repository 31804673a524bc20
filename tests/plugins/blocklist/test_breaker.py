"""Where bans would hit too many people, those that do are held back; what hits nobody, or was published, stands."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.blocklist.breaker import publish_anyway, refusal, unlisted
from plugins.blocklist.by_hand import lift
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import publish_exports, published
from plugins.scenarios import scenarios_of
from plugins.steps.watching import find_troubles
from schemas.refusals import RefusedError
from tests.plugins.blocklist.blocklists import MALLORY, NOON, OPEN, TRUDY, attack, ban_by_hand, detect_on, export
from tests.stores import Site, hit

A_DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
CROWD = "198.51.100.{}"
TOO_WIDE = """\
name = "too-wide"
description = "Whoever reads the library, because somebody forgot half a pattern"
severity = "low"
bucket = { capacity = 0, leak = "PT1M" }
[[match]]
path = ["^/library/"]
"""
YESTERDAY = NOON - A_DAY


def visited(folder: Path, people: int = 100, policy: str = OPEN, with_parts: bool = True) -> Site:
    """A site that so many people visited yesterday, each with an address of their own, and that Mallory attacks."""
    rules = folder / "rules"
    rules.mkdir(parents=True)
    (rules / "too-wide.toml").write_text(TOO_WIDE, encoding="utf-8")
    site = Site(folder, NOON, f'{policy}\n[places]\nscenarios = "{rules}"\n')
    for n in range(people):
        address, moment = CROWD.format(n), YESTERDAY + n * timedelta(seconds=1)
        site.write("access.log", hit(moment, address, "/"))
        if with_parts:
            site.write("access.log", hit(moment, address, "/style.css"))
    attack(site, NOON - 5 * MINUTE)
    site.policy.write_text(site.policy.read_text().replace("allowlist", f"off = {others(site)}\nallowlist"))
    detect_on(site)
    publish_exports(site.open())
    return site


def others(site: Site) -> list[str]:
    """Scenarios that are not needed here, so that none of them finds the same."""
    used = {"too-wide", "log4shell", "sql-injection"}
    return [one.name for one in scenarios_of(site.open().policy) if one.name not in used]


def blocked(site: Site) -> set[str]:
    return {one.target for one in published(site.open(), site.now)}


def denied(site: Site) -> list[str]:
    return [line.split(";")[0] for line in export(site).splitlines() if line.startswith("deny")]


def probe_like_people(site: Site, people: int, address: str = CROWD) -> None:
    """Today a scenario takes so many of them for attackers."""
    for n in range(people):
        site.write("access.log", hit(NOON - MINUTE, address.format(n), "/library/1"))
    site.ingest()
    detect_on(site)
    publish_exports(site.open())


def test_a_list_that_hits_attackers_is_published(tmp_path: Path) -> None:
    site = visited(tmp_path)
    assert blocked(site) == {MALLORY}
    assert refusal(site.open()) is None


def test_bans_that_hit_too_many_people_are_held_back_and_the_list_before_stays(tmp_path: Path) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)
    assert len(Decisions(site.open()).active(site.now)) == 11
    assert blocked(site) == {MALLORY}
    assert denied(site) == [f"deny {MALLORY}"]
    said = refusal(site.open())
    assert said
    assert "10 of 100 people" in said
    assert "10.0%" in said
    assert "by too-wide" in said
    assert "198.51" not in said
    assert said in find_troubles(site.open())
    active = Decisions(site.open()).active(site.now)
    held = {one.decision: "held back" for one in active if one.target != MALLORY}
    assert unlisted(site.open(), active) == held
    attack(site, NOON, address=TRUDY)
    site.ingest()
    detect_on(site)
    newest = Decisions(site.open()).active(site.now)
    assert unlisted(site.open(), newest) == held | dict.fromkeys(
        (one.decision for one in newest if one.target == TRUDY), "not yet published"
    )
    assert refusal(site.open()) == said


def test_a_refusal_that_an_earlier_version_wrote_is_judged_again(tmp_path: Path) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)
    state = site.open().place("state")
    before = json.loads(state.get("breaker.json"))
    del before["refused"]["held"]
    state.put("breaker.json", json.dumps(before).encode())

    publish_exports(site.open())

    assert len(unlisted(site.open(), Decisions(site.open()).active(site.now))) == 10
    assert refusal(site.open())


def test_a_ban_that_hits_nobody_is_published_whatever_else_is_held_back(tmp_path: Path) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)
    attack(site, NOON, address=TRUDY)
    site.ingest()
    detect_on(site)
    publish_exports(site.open())
    assert blocked(site) == {MALLORY, TRUDY}
    assert refusal(site.open())


def test_whoever_has_a_network_of_ipv6_is_one_person_with_however_many_addresses(tmp_path: Path) -> None:
    site = visited(tmp_path)
    own = "2001:db8:77:{:x}::1"
    for n in range(20):
        address, moment = own.format(n), YESTERDAY + n * timedelta(seconds=1)
        site.write("access.log", hit(moment, address, "/"), hit(moment, address, "/style.css"))
    probe_like_people(site, 20, own)
    assert len(blocked(site)) == 21
    probe_like_people(site, 10)
    said = refusal(site.open())
    assert said
    assert "11 of 101 people" in said


def test_people_who_came_first_today_are_people(tmp_path: Path) -> None:
    site = visited(tmp_path)
    for n in range(10):
        address = f"192.0.2.{n}"
        site.write("access.log", *(hit(NOON - 3 * MINUTE, address, path) for path in ("/", "/style.css")))
    probe_like_people(site, 10, "192.0.2.{}")
    assert blocked(site) == {MALLORY}
    said = refusal(site.open())
    assert said
    assert "10 of 100 people of 2026-11-20" in said


def test_what_an_address_does_after_its_attack_makes_it_no_person(tmp_path: Path) -> None:
    site = visited(tmp_path)
    for n in range(10):
        site.write("access.log", *(hit(NOON, f"203.0.113.{n}", path) for path in ("/", "/style.css")))
    probe_like_people(site, 10, "203.0.113.{}")
    assert len(blocked(site)) == 11


def test_up_to_three_people_are_no_crowd(tmp_path: Path) -> None:
    site = visited(tmp_path, people=20)
    probe_like_people(site, 3)
    assert len(blocked(site)) == 4
    probe_like_people(site, 4)
    assert len(blocked(site)) == 4


def test_the_share_is_the_policys_and_1_turns_it_off(tmp_path: Path) -> None:
    for share, count in ((0.2, 11), (1, 11), (0.05, 1)):
        site = visited(tmp_path / str(share), policy=OPEN + f"most_people = {float(share)}\n")
        probe_like_people(site, 10)
        assert len(blocked(site)) == count


def test_whom_two_scenarios_found_is_no_person(tmp_path: Path) -> None:
    site = visited(tmp_path)
    sql = "/?id={}+union+select+1,password+from+users--"
    site.write("access.log", *(hit(NOON - MINUTE, CROWD.format(n % 10), sql.format(n)) for n in range(90)))
    probe_like_people(site, 10)
    assert len(blocked(site)) == 11


def test_tools_that_load_no_parts_of_pages_are_no_people(tmp_path: Path) -> None:
    site = visited(tmp_path, people=20)
    site.write("access.log", *(hit(YESTERDAY, f"203.0.113.{n}", "/") for n in range(10)))
    probe_like_people(site, 10, "203.0.113.{}")
    assert len(blocked(site)) == 11


def test_where_no_parts_are_in_the_log_everybody_who_saw_a_page_counts(tmp_path: Path) -> None:
    site = visited(tmp_path, with_parts=False)
    probe_like_people(site, 10)
    assert blocked(site) == {MALLORY}


def test_a_ban_by_hand_on_a_crowd_is_kept_and_not_published(tmp_path: Path) -> None:
    site = visited(tmp_path)
    with pytest.raises(RefusedError, match="1 ban is not published: the list would hit 100 of 100 people"):
        ban_by_hand(site, "198.51.100.0/24")
    assert blocked(site) == {MALLORY}


def test_lifting_what_hits_people_lets_the_rest_through(tmp_path: Path) -> None:
    site = visited(tmp_path)
    attack(site, NOON, address=TRUDY)
    probe_like_people(site, 10)
    wrong = [one.decision for one in Decisions(site.open()).active(NOON) if one.target.startswith("198.51.")]
    lift(site.open(), wrong, "they are readers", "security")
    assert blocked(site) == {MALLORY, TRUDY}
    assert refusal(site.open()) is None


def test_to_simulate_the_scenario_ends_its_bans(tmp_path: Path) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)
    site.policy.write_text(site.policy.read_text().replace("allowlist", 'simulate = ["too-wide"]\nallowlist'))
    assert blocked(site) == {MALLORY}
    assert refusal(site.open()) is None
    assert Counter(one.lifted_by for one in Decisions(site.open()).all()) == {"policy": 10, "": 1}


def test_a_lift_holds_though_the_newest_list_is_refused(tmp_path: Path) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)
    (mallory,) = published(site.open(), site.now)
    lift(site.open(), [mallory.decision], "our own scanner", "security")
    assert denied(site) == []


def test_a_person_lets_a_list_through_with_a_reason_in_the_trail_and_not_what_follows(tmp_path: Path) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)
    assert publish_anyway(site.open(), "they are attackers indeed", "operations") == 11
    assert len(blocked(site)) == 11
    place = site.open().place("audit")
    entries = [json.loads(line) for name in place.names() for line in place.get(name).splitlines()]
    (entry,) = [one for one in entries if one["action"] == "publish anyway"]
    assert entry["facts"] == {"reason": "they are attackers indeed", "decisions": 11}
    probe_like_people(site, 12)
    assert len(blocked(site)) == 13, "two more alone are no crowd"
    probe_like_people(site, 30)
    assert len(blocked(site)) == 13
    said = refusal(site.open())
    assert said
    assert "20 of 100" in said


def test_a_list_is_judged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = visited(tmp_path)
    probe_like_people(site, 10)

    def refuse(*_: object) -> None:
        raise AssertionError("the hits are read again")

    monkeypatch.setattr("plugins.blocklist.breaker.look_at_day", refuse)
    publish_exports(site.open())
    site.now += timedelta(seconds=30)
    assert blocked(site) == {MALLORY}


def test_a_day_that_cannot_be_read_is_passed_over_for_an_older_one(tmp_path: Path) -> None:
    site = visited(tmp_path)
    site.write("access.log", *(hit(YESTERDAY - A_DAY, CROWD.format(n)) for n in range(10)))
    site.ingest()
    for path in (site.folder / "store" / "window" / str(YESTERDAY.date())).rglob("hits/**/*.parquet"):
        path.unlink()
    probe_like_people(site, 10)
    said = refusal(site.open())
    assert said
    assert "10 of 10 people of 2026-11-18" in said
