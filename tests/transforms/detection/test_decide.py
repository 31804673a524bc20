from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scenario import Bucket, Match, Scenario
from schemas.window import ALERTS, DECISIONS
from transforms.detection.decide import BanRule, decide

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def scenario(name: str = "path-scan", mode: str = "ban") -> Scenario:
    bucket = Bucket(capacity=1, leak="PT1S")
    return Scenario(name=name, description="x", severity="low", mode=mode, bucket=bucket, match=(Match(),))


def decisions_on(
    moments: Iterable[datetime], *, ban=HOUR, window=WEEK, zone="UTC", rules=None, target="192.0.2.1", protected=()
):
    usual = {"scenario": "path-scan", "target": target, "events": 3, "outcome": "attempted"}
    seen = [{"alert": n, "first_seen": at, "last_seen": at, "overflowed_at": at} for n, at in enumerate(moments)]
    alerts = pa.Table.from_pylist([usual | row for row in seen], schema=ALERTS)
    decisions = decide(alerts, rules or [scenario()], BanRule(ban, window, ZoneInfo(zone)), protected)
    assert decisions.schema == DECISIONS
    return decisions.to_pylist()


def lengths(decisions) -> list[timedelta]:
    return [decision["until"] - decision["decided_at"] for decision in decisions]


def test_a_ban_runs_from_the_event_that_overflowed():
    (decision,) = decisions_on([NOON])

    assert decision == {
        "target": "192.0.2.1",
        "scenario": "path-scan",
        "decided_at": NOON,
        "until": NOON + HOUR,
    }


def test_each_earlier_decision_doubles_the_ban():
    assert lengths(decisions_on([NOON, NOON + HOUR, NOON + 2 * HOUR])) == [HOUR, 2 * HOUR, 4 * HOUR]


def test_a_decision_whose_day_is_closed_doubles_nothing():
    soon, late = NOON + timedelta(days=1), NOON + timedelta(days=2)

    assert lengths(decisions_on([NOON, soon], window=timedelta(days=2))) == [HOUR, 2 * HOUR]
    assert lengths(decisions_on([NOON, late], window=timedelta(days=2))) == [HOUR, HOUR]


def test_no_ban_outlives_the_day_of_its_evidence():
    decisions = decisions_on([NOON + n * HOUR for n in range(11)], ban=24 * HOUR)

    assert decisions[-1]["until"] == datetime(2026, 3, 9, tzinfo=UTC)


def test_a_day_closes_by_the_clock_of_its_zone():
    night = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # already 3 March in Oslo

    assert decisions_on([night], ban=WEEK, zone="Europe/Oslo")[0]["until"] == datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
    assert decisions_on([night], ban=WEEK, zone="UTC")[0]["until"] == datetime(2026, 3, 9, 0, 0, tzinfo=UTC)


def test_a_change_of_clock_does_not_stretch_the_window():
    before_summer_time = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    (decision,) = decisions_on([before_summer_time], ban=WEEK, zone="Europe/Oslo")

    assert decision["until"] == datetime(2026, 3, 27, 23, 0, tzinfo=UTC) + WEEK


def test_a_simulated_scenario_bans_nobody():
    assert decisions_on([NOON], rules=[scenario(mode="simulate")]) == []


def test_decisions_come_in_the_order_of_their_instants_whatever_the_alerts_do():
    decisions = decisions_on([NOON + HOUR, NOON])

    assert [decision["decided_at"] for decision in decisions] == [NOON, NOON + HOUR]
    assert lengths(decisions) == [HOUR, 2 * HOUR]


moments = st.timedeltas(timedelta(), timedelta(days=60)).map(lambda later: NOON + later)  # summer time begins in it


@given(st.lists(moments, max_size=100), st.integers(2, 30), st.integers(1, 48))
def test_every_ban_ends_after_it_began_and_within_the_window(found, days, hours):
    window = timedelta(days=days)
    for decision in decisions_on(found, ban=hours * HOUR, window=window, zone="Europe/Oslo"):
        assert timedelta() < decision["until"] - decision["decided_at"] <= window


@given(st.lists(moments, min_size=1, max_size=20, unique=True).map(sorted))
def test_what_comes_later_changes_no_decision(found):
    assert decisions_on(found[:-1]) == decisions_on(found)[:-1]


@pytest.mark.parametrize("target", ["127.0.0.1", "10.1.2.3", "192.168.0.0/24", "fd00:1:2:3::/64", "64:ff9b::/64"])
def test_nobody_is_banned_who_is_no_address_of_the_internet(target):
    assert decisions_on([NOON], target=target) == []


def test_nobody_is_banned_whom_the_policy_protects():
    assert decisions_on([NOON], target="198.51.100.0/24", protected=[ip_network("198.51.100.7/32")]) == []
    assert decisions_on([NOON], target="198.51.100.0/24", protected=[ip_network("198.51.101.0/24")])


def test_a_decision_of_another_scenario_doubles_the_ban_and_one_on_the_same_event_does_not():
    rules = [scenario("path-scan"), scenario("secret-files"), scenario("slow-probing")]
    usual = {"target": "192.0.2.1", "first_seen": NOON, "last_seen": NOON + 9 * HOUR, "events": 3, "outcome": "blocked"}
    moments = [NOON + timedelta(minutes=1), NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]
    alerts = pa.Table.from_pylist(
        [usual | {"alert": n, "scenario": rules[n].name, "overflowed_at": at} for n, at in enumerate(moments)],
        schema=ALERTS,
    )

    decisions = decide(alerts, rules, BanRule(HOUR, WEEK, ZoneInfo("UTC")))

    assert lengths(decisions.to_pylist()) == [HOUR, HOUR, 4 * HOUR]
