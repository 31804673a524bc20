"""Every alert of the window is decided on, once, whatever comes in which order and wherever a run is killed."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.blocklist.by_hand import lift
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import publish_exports
from plugins.cli.detection import detect as detect_in_files
from plugins.logs.reading import choose_layouts, log_reading, parse_file
from plugins.store.replay import set_replay_clock
from tests.plugins.blocklist.blocklists import (
    BERIT,
    DAY,
    MALLORY,
    NOON,
    OPEN,
    PROBE,
    TRUDY,
    active,
    attack,
    attacked,
    ban_by_hand,
    detect_on,
    export,
    kept,
    new_and_active,
    targets,
)
from tests.stores import Site, hit

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BAN = 4 * HOUR


def test_an_attack_is_decided_on_now_and_filed_under_the_day_of_its_newest_evidence(tmp_path: Path) -> None:
    site = attacked(tmp_path, NOON - 5 * MINUTE, NOON - 5 * MINUTE + timedelta(seconds=2))
    assert new_and_active(site) == (1, 1)
    (one,) = kept(site)
    assert (one.day, one.target, one.scenario, one.events) == (DAY, MALLORY, "log4shell", 2)
    assert (one.decided_at, one.until) == (NOON, NOON + BAN)
    assert (one.first_seen, one.last_seen) == (NOON - 5 * MINUTE, NOON - 5 * MINUTE + timedelta(seconds=2))
    assert (one.outcome, one.decided_by, one.lifted_at) == ("attempted", "scenario", None)
    assert "one is enough" in one.reason
    assert len(one.decision) == 12
    assert Decisions(site.open()).get(one.decision) == one


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    before = {path: path.read_bytes() for path in sorted(site.folder.rglob("*")) if path.is_file()}
    assert new_and_active(site) == (0, 1)
    assert {path: path.read_bytes() for path in sorted(site.folder.rglob("*")) if path.is_file()} == before


def test_a_line_more_of_the_same_attack_makes_no_further_decision(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    attack(site, NOON - 5 * MINUTE + timedelta(seconds=3))
    assert new_and_active(site) == (0, 1)


def test_each_further_attack_doubles_the_ban_and_those_of_others_do_not(tmp_path: Path) -> None:
    site = attacked(tmp_path, NOON - 50 * MINUTE, NOON - 40 * MINUTE, NOON - 30 * MINUTE)
    attack(site, NOON - 20 * MINUTE, address=TRUDY)
    assert new_and_active(site) == (4, 4)
    lengths = sorted(one.until - one.decided_at for one in kept(site))
    assert lengths == [BAN, BAN, 2 * BAN, 4 * BAN]


def test_who_goes_on_when_the_ban_is_over_is_banned_again(tmp_path: Path) -> None:
    """Without a pause it is one burst, and one alert."""
    site = attacked(tmp_path)
    detect_on(site)
    site.now = NOON + BAN + HOUR
    attack(site, *(NOON - 5 * MINUTE + timedelta(seconds=5 * n) for n in range(int((site.now - NOON) / MINUTE * 12))))
    assert new_and_active(site) == (1, 1)
    assert kept(site)[0].until == site.now + 2 * BAN
    assert new_and_active(site) == (0, 1)


def test_who_goes_on_after_a_lift_is_not_banned_again_for_the_same_burst(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    lift(site.open(), [kept(site)[0].decision], "our own scanner", "security")
    site.now = NOON + BAN + HOUR
    attack(site, *(NOON - 5 * MINUTE + timedelta(seconds=5 * n) for n in range(int((site.now - NOON) / MINUTE * 12))))
    assert new_and_active(site) == (0, 0)


def test_what_was_over_before_its_log_came_is_on_record_and_blocks_nobody(tmp_path: Path) -> None:
    """An address may be another person's after a while; whoever attacks again is known for it all the same."""
    long_ago = NOON - timedelta(days=2)
    site = attacked(tmp_path, long_ago)
    assert new_and_active(site) == (1, 0)
    (one,) = kept(site)
    assert (one.decided_at, one.until) == (NOON, long_ago + BAN)
    attack(site, NOON)
    assert new_and_active(site) == (1, 1)
    assert max(one.until for one in kept(site)) == NOON + 2 * BAN


def test_no_ban_outlives_the_closing_of_its_day(tmp_path: Path) -> None:
    policy = OPEN.replace("[blocklist]", '[keep]\nsecurity_window = "P2D"\n\n[blocklist]\nban = "P2D"')
    site = attacked(tmp_path, NOON - timedelta(days=1), policy=policy)
    detect_on(site)
    assert kept(site)[0].until == site.open().calendar.deadline(DAY - timedelta(days=1)) < NOON + timedelta(days=2)


def test_a_burst_over_midnight_is_one_attack_of_the_later_day(tmp_path: Path) -> None:
    midnight = NOON.replace(hour=23) - timedelta(days=1)  # in Oslo
    site = attacked(tmp_path, midnight - timedelta(seconds=1), midnight + timedelta(seconds=1))
    assert detect_on(site).new == 1
    assert (kept(site)[0].day, kept(site)[0].events) == (DAY, 2)


def test_a_burst_that_overflows_only_with_what_came_before_midnight_is_found(tmp_path: Path) -> None:
    """The earlier day was looked through before, and has not changed since."""
    midnight = NOON.replace(hour=23) - timedelta(days=1)  # in Oslo
    site = Site(tmp_path, NOON, OPEN)
    scans = [hit(midnight + timedelta(seconds=n), BERIT, f"/{n}.php").replace(" 200 ", " 404 ") for n in range(-7, 7)]
    site.write("access.log", *scans[:7])
    site.ingest()
    assert detect_on(site).new == 0
    site.write("access.log", *scans[7:])
    site.ingest()
    assert detect_on(site).new == 1
    assert (kept(site)[0].scenario, kept(site)[0].day, kept(site)[0].events) == ("path-scan", DAY, 14)


def test_whom_the_allowlist_holds_is_never_decided_on(tmp_path: Path) -> None:
    site = attacked(tmp_path, policy=OPEN.replace("[]", f'["{MALLORY}/32"]'))
    assert new_and_active(site) == (0, 0)


def test_a_change_of_the_allowlist_holds_at_once_in_both_directions(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    site.policy.write_text(OPEN.replace("[]", f'["{MALLORY}/32"]'))
    assert active(site) == set()
    assert kept(site)[0].lifted_by == "policy"
    site.policy.write_text(OPEN)
    assert active(site) == {MALLORY}
    assert detect_on(site).new == 0


def test_the_audit_trail_has_counts_and_no_target(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    store = site.open()
    text = b"".join(store.audit.place.get(name) for name in store.audit.place.names()).decode()
    assert '"decisions"' in text
    assert '"new":1' in text
    assert "203.0" not in text


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_shards_and_runs_gives_the_same_targets_and_scenarios(seed: int, tmp_path: Path) -> None:
    lines = [
        hit(NOON - day * timedelta(days=1) - n * MINUTE, address, PROBE)
        for day in range(3)
        for n, address in enumerate((MALLORY, TRUDY, MALLORY))
    ]
    lines += [hit(NOON - timedelta(seconds=n), BERIT, f"/{n}.php").replace(" 200 ", " 404 ") for n in range(30)]
    expected = Site(tmp_path / "whole", NOON, OPEN)
    expected.write("access.log", *lines)
    expected.ingest()
    detect_on(expected)
    site = Site(tmp_path / "parts", NOON, OPEN)
    whole = [lines[index : index + 3] for index in range(0, 9, 3)] + [lines[9:]]
    random.Random(seed).shuffle(whole)
    for number, part in enumerate(whole):
        site.write(f"access.log.{number}", *part)
        site.ingest(shard_bytes=1000)
        detect_on(site)
    assert targets(site) == targets(expected) == {(MALLORY, "log4shell"), (TRUDY, "log4shell"), (BERIT, "path-scan")}
    assert len(kept(site)) == len(kept(expected)) == 10


def test_a_replay_decides_as_it_would_have_been_decided_at_the_time(tmp_path: Path) -> None:
    """The same targets, scenarios, instants and ends as `lethe alerts` says of the same files."""
    moments = [NOON - timedelta(hours=n) for n in (60, 50, 49, 30, 3, 2, 1)]
    site = Site(tmp_path, NOON, OPEN)
    path = site.write("access.log", *(hit(moment, MALLORY, PROBE) for moment in moments))
    site.write("access.log", *(hit(NOON - timedelta(seconds=n), TRUDY, "/?q=${jndi:x}") for n in range(9, 0, -1)))
    store = site.open()
    set_replay_clock(store.place("state"), NOON, NOON)
    site.ingest()
    store = site.open()
    assert store.is_replay
    detect_on(site)
    found = {(one.target, one.scenario, one.decided_at, one.until) for one in Decisions(store).all()}
    files = list(parse_file(path, choose_layouts(path, "combined"), log_reading(store.policy.logs[0], NOON)))
    _, decided = detect_in_files(files, store.policy)
    assert found == {
        tuple(row[n] for n in ("target", "scenario", "decided_at", "until")) for row in decided.to_pylist()
    }
    assert len(found) == 8


def test_decisions_survive_the_sweep_of_what_no_receipt_names(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    before = kept(site)
    attack(site, NOON, address=TRUDY)
    assert kept(site) == before


def test_a_day_that_closes_takes_its_decisions_with_it(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    attack(site, NOON + timedelta(seconds=-1), address=TRUDY)
    detect_on(site)
    shutil.copytree(site.folder / "store" / "window", tmp_path / "copy")
    site.now = NOON + timedelta(days=6, hours=11, minutes=30)
    site.write("access.log", "")
    assert [mark.day for mark in site.close()] == [DAY]
    assert kept(site) == []
    assert list(site.open().window.names()) == []
    assert list(site.open().place("state").names("detected/")) == []
    shutil.copytree(tmp_path / "copy", site.folder / "store" / "window", dirs_exist_ok=True)  # from a backup
    assert kept(site) == []


def test_detections_and_bans_at_the_same_time_lose_and_double_nothing(tmp_path: Path) -> None:
    site = attacked(tmp_path, NOON - 2 * MINUTE, NOON - MINUTE)
    by_hand = [f"198.51.100.{number}" for number in range(8)]
    with ThreadPoolExecutor(12) as pool:
        runs = [pool.submit(detect_on, site) for _ in range(4)]
        bans = [pool.submit(ban_by_hand, site, target) for target in by_hand]
        assert sum(run.result().new for run in runs) == 2
        assert {one.result().target for one in bans} == set(by_hand)
    publish_exports(site.open())
    assert sorted(one.target for one in kept(site)) == [*by_hand, MALLORY, MALLORY]
    assert export(site).count("deny ") == 9
    site.open().audit.verify()


def test_lost_decisions_of_attacks_are_made_again(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    site.open().window.place.remove(f"{DAY}/decisions/kept.1.parquet")
    assert new_and_active(site) == (1, 1)


def test_thousands_of_attacks_of_one_address_are_decided_on_each_once(tmp_path: Path) -> None:
    site = attacked(tmp_path, *(NOON - n * MINUTE for n in range(3000, 0, -1)))
    assert detect_on(site).new == 3000
    attack(site, NOON)
    assert detect_on(site).new == 1


def test_a_day_that_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    attack(site, NOON - timedelta(days=1), address=TRUDY)
    store = site.open()
    lost = next(name for name in store.window.names((NOON - timedelta(days=1)).date()) if "/events/" in name)
    content = store.window.place.get(lost)
    store.window.place.remove(lost)
    problems = detect_on(site).problems
    assert [problem.startswith("attacks of 2026-11-19 are not looked for") for problem in problems] == [True]
    assert {one.target for one in kept(site)} == {MALLORY}
    store.window.place.put(lost, content)
    detect_on(site)
    assert {one.target for one in kept(site)} == {MALLORY, TRUDY}, "it was not taken for looked through"
