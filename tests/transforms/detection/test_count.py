import random
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scenario import Bucket, Match, Scenario
from schemas.window import ALERTS, EVENTS, EVIDENCE
from tests.transforms.detection.tables import START, make_events
from transforms.detection.buckets import bucket_levels
from transforms.detection.count import find_alerts

Row = dict[str, object]


def scenario(capacity: int = 2, leak: str = "PT10S", **keys: str) -> Scenario:
    bucket = Bucket(capacity=capacity, leak=leak)
    name = keys.pop("name", "login-bruteforce")
    return Scenario(name=name, description="x", severity="low", bucket=bucket, match=(Match(),), **keys)


def alerts_on(rows: Iterable[Row], rule: Scenario | None = None, allowlist: Iterable[str] = ()) -> list[Row]:
    alerts, _ = find_alerts(make_events(rows), [rule or scenario()], [ip_network(entry) for entry in allowlist])
    return alerts.to_pylist()


def at(*seconds: float) -> list[Row]:
    return [{"occurred_at": START + timedelta(seconds=second)} for second in seconds]


def levels_one_by_one(instants: list[int], leak: int) -> list[int]:
    """The bucket as one would write it down: drip, then add."""
    level, before, levels = 0, None, []
    for instant in instants:
        level = leak + max(0, level - (instant - before if before is not None else 0))
        before = instant
        levels.append(level)
    return levels


times = st.lists(st.integers(0, 60), max_size=40).map(sorted)


@given(st.lists(times, max_size=5), st.integers(1, 12))
def test_the_closed_form_equals_a_bucket_filled_event_by_event(targets, leak):
    instants = [instant for target in targets for instant in target]
    numbers = [number for number, target in enumerate(targets) for _ in target]

    levels = bucket_levels(pa.array(instants, pa.int64()).to_numpy(), pa.array(numbers, pa.int64()).to_numpy(), leak)

    assert levels.tolist() == [level for target in targets for level in levels_one_by_one(target, leak)]


places = st.tuples(st.sampled_from(["a.log", "b.log"]), st.integers(1, 5))
events = st.fixed_dictionaries(
    {
        "occurred_at": st.integers(0, 50).map(lambda second: START + timedelta(seconds=second)),
        "client_ip": st.sampled_from(["192.0.2.1", "192.0.2.2", "198.51.100.1", "2001:db8::1", "2001:db8::2"]),
        "scenario": st.sampled_from(["login-bruteforce", "path-scan"]),
        "distinct": st.sampled_from(["/a", "/b", "/c", "/d"]),
        "status": st.sampled_from([200, 401, 404, 503, None]),
        "place": places,
    }
)
RULES = [scenario(group_by="network"), scenario(name="path-scan", count="distinct path")]


def shard(rows: list[Row]) -> pa.Table:
    placed = [{**row, "file": row["place"][0], "line_number": row["place"][1]} for row in rows]
    return make_events(placed)


@given(st.lists(events, max_size=40), st.randoms(use_true_random=False), st.integers(0, 40))
def test_any_order_and_any_shards_give_the_same_alerts(rows, random: random.Random, cut):
    shuffled = random.sample(rows, len(rows))
    shards = pa.concat_tables([shard(shuffled[:cut]), shard(shuffled[cut:])])

    alerts, evidence = find_alerts(shard(rows), RULES, [])
    again, evidence_again = find_alerts(shards, RULES, [])

    assert again.to_pylist() == alerts.to_pylist()
    assert len(evidence_again) == len(evidence) == sum(alerts["events"].to_pylist())


@given(st.lists(events, max_size=40))
def test_the_evidence_tells_what_the_alert_says(rows):
    alerts, evidence = find_alerts(shard(rows), RULES, [])

    for alert in alerts.to_pylist():
        behind = [row for row in evidence.to_pylist() if row["alert"] == alert["alert"]]
        moments = [row["occurred_at"] for row in behind]
        refused = [(row["status"] or 0) in (401, 404, 503) for row in behind]
        assert (min(moments), max(moments), len(behind)) == (alert["first_seen"], alert["last_seen"], alert["events"])
        assert alert["first_seen"] <= alert["overflowed_at"] <= alert["last_seen"]
        assert alert["outcome"] == ("blocked" if all(refused) else "attempted")


def test_a_full_bucket_is_no_alert_and_one_more_event_is():
    assert alerts_on(at(0, 0)) == []
    assert len(alerts_on(at(0, 0, 0))) == 1


def test_the_boundary_is_exact_to_the_microsecond():
    just_leaked, not_yet = at(0, 0, 10), at(0, 0, 9.999999)

    assert alerts_on(just_leaked) == []
    assert len(alerts_on(not_yet)) == 1


def test_without_capacity_the_first_event_alerts():
    assert [alert["events"] for alert in alerts_on(at(0), scenario(capacity=0))] == [1]


def test_a_burst_is_one_alert_however_long_it_lasts():
    (alert,) = alerts_on(at(*range(100)))

    assert alert["events"] == 100
    assert alert["overflowed_at"] == START + timedelta(seconds=2)


def test_an_empty_bucket_starts_another_burst():
    first, second = alerts_on(at(0, 1, 2, 30, 31, 32))

    assert first["last_seen"] == START + timedelta(seconds=2)
    assert second["first_seen"] == START + timedelta(seconds=30)


def test_a_repeat_of_a_distinct_value_is_evidence_but_fills_nothing():
    paths = ["/a", "/a", "/a", "/b", "/b", "/c", "/c"]
    rows = [row | {"distinct": path} for row, path in zip(at(*range(7)), paths, strict=True)]

    (alert,) = alerts_on(rows, scenario(count="distinct path"))

    assert alert["events"] == 7
    assert alert["overflowed_at"] == START + timedelta(seconds=5)


def test_a_repeat_long_after_the_burst_is_no_evidence():
    rows = [row | {"distinct": path} for row, path in zip(at(0, 1, 2, 3600), "abca", strict=True)]

    (alert,) = alerts_on(rows, scenario(count="distinct path"))

    assert alert["last_seen"] == START + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("addresses", "group_by", "target"),
    [
        (["192.0.2.1"] * 3, "address", "192.0.2.1"),
        (["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"], "address", "192.0.2.1"),
        (["2001:db8::1", "2001:db8::2", "2001:db8::ffff"], "address", "2001:db8::/64"),
        (["192.0.2.1", "192.0.2.77", "192.0.2.255"], "network", "192.0.2.0/24"),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3"], "network", "2001:db8::/64"),
    ],
)
def test_the_target_is_what_a_ban_would_name(addresses, group_by, target):
    rows = [row | {"client_ip": address} for row, address in zip(at(0, 1, 2), addresses, strict=True)]

    assert [alert["target"] for alert in alerts_on(rows, scenario(group_by=group_by))] == [target]


def test_neighbouring_addresses_do_not_fill_one_bucket():
    rows = [row | {"client_ip": f"192.0.2.{number}"} for number, row in enumerate(at(0, 1, 2))]

    assert alerts_on(rows) == []


@pytest.mark.parametrize(
    ("address", "group_by", "entry"),
    [
        ("192.0.2.1", "address", "192.0.2.1"),
        ("192.0.2.1", "address", "192.0.2.0/28"),
        ("192.0.2.1", "address", "::ffff:192.0.2.0/124"),
        ("::ffff:192.0.2.1", "address", "192.0.2.0/28"),
        ("2001:db8::1", "address", "2001:db8::/32"),
        ("2001:db8::1", "address", "2001:db8::5"),  # a ban of the /64 would hit it
        ("192.0.2.1", "network", "192.0.2.200"),
    ],
)
def test_no_alert_names_a_target_that_holds_an_allowed_address(address, group_by, entry):
    rows = [row | {"client_ip": address} for row in at(0, 1, 2)]

    assert len(alerts_on(rows, scenario(group_by=group_by))) == 1
    assert alerts_on(rows, scenario(group_by=group_by), [entry]) == []


def test_each_scenario_has_buckets_of_its_own():
    rows = [
        row | {"scenario": name} for row, name in zip(at(0, 1, 2, 3), ["login-bruteforce", "other"] * 2, strict=True)
    ]

    assert alerts_on(rows) == []


def test_alerts_are_numbered_by_the_instant_of_overflow():
    late, early = ([{**row, "client_ip": ip} for row in at(*when)] for ip, when in
                   (("192.0.2.1", (5, 6, 7)), ("192.0.2.9", (0, 1, 2))))  # fmt: skip

    alerts, evidence = find_alerts(make_events([*late, *early]), [scenario()], [])

    assert alerts["alert"].to_pylist() == [0, 1]
    assert alerts["target"].to_pylist() == ["192.0.2.9", "192.0.2.1"]
    assert evidence["alert"].to_pylist() == [0, 0, 0, 1, 1, 1]


def test_evidence_holds_the_addresses_of_its_own_rows_only():
    rows = [*at(0, 1, 2), {"client_ip": "198.51.100.1"}]

    _, evidence = find_alerts(make_events(rows), [scenario()], [])

    assert evidence["client_ip"].combine_chunks().dictionary.to_pylist() == ["192.0.2.1"]


def test_nothing_gives_nothing_in_the_right_shapes():
    for rules in ([], [scenario()]):
        alerts, evidence = find_alerts(EVENTS.empty_table(), rules, [ip_network("192.0.2.0/24")])
        assert (len(alerts), alerts.schema) == (0, ALERTS)
        assert (len(evidence), evidence.schema) == (0, EVIDENCE)
