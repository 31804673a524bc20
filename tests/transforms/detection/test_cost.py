"""What bans cost: every pageview of a person in the time and place of a ban counts, once."""

import ipaddress
from datetime import timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.window import DECISIONS
from tests.stores import utc
from transforms.detection.banned import Targets
from transforms.detection.cost import Hit, TargetCost, bans_of, cost_of_day, without

NOON = utc(2026, 11, 20, 12)
ADDRESSES = ["192.0.2.1", "192.0.2.2", "198.51.100.9", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
TARGETS = ["192.0.2.1", "192.0.2.2", "192.0.2.0/24", "198.51.0.0/16", "2001:db8::/64", "2001:db8::/32", "0.0.0.0/0"]
minutes = st.integers(0, 40)
views_of = st.lists(st.tuples(st.sampled_from([*ADDRESSES, None]), st.integers(0, 4), minutes), max_size=30)
bans = st.lists(st.tuples(st.sampled_from(TARGETS), minutes, st.integers(0, 20)), max_size=12)


def at(minute: int) -> int:
    return int((NOON + timedelta(minutes=minute)).timestamp() * 1_000_000)


def as_views(rows: list[tuple[str | None, int, int]]) -> pa.Table:
    clients, visitors, moments = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "client_ip": pa.array(clients, pa.string()).dictionary_encode(),
            "visitor": pa.array(visitors, pa.int32()),
            "instant": pa.array(map(at, moments), pa.int64()),
        }
    )


def as_decisions(rows: list[tuple[str, int, int]]) -> pa.Table:
    found = [
        {
            "target": target,
            "scenario": "any",
            "decided_at": NOON + timedelta(minutes=begin),
            "until": NOON + timedelta(minutes=begin + length),
        }
        for target, begin, length in rows
    ]
    return pa.Table.from_pylist(found, schema=DECISIONS)


def lies_in(address: str | None, target: str) -> bool:
    return address is not None and ipaddress.ip_address(address) in ipaddress.ip_network(target)


@settings(deadline=None)
@given(views_of, bans)
def test_the_cost_is_what_counting_view_by_view_gives(
    rows: list[tuple[str | None, int, int]], banned: list[tuple[str, int, int]]
) -> None:
    found = cost_of_day(as_views(rows), *bans_of(as_decisions(banned)))

    def is_hit(view: tuple[str | None, int, int], target: str | None = None, always: bool = False) -> bool:
        return any(
            lies_in(view[0], ban[0]) and (always or ban[1] <= view[2] < ban[1] + ban[2])
            for ban in banned
            if target in (None, ban[0])
        )

    def hit(views: list[tuple[str | None, int, int]]) -> Hit:
        return Hit(len(views), len({view[1] for view in views}))

    assert found.people == hit(rows)
    assert found.banned == hit([view for view in rows if is_hit(view)])
    assert found.whole == hit([view for view in rows if is_hit(view, always=True)])
    for target in {ban[0] for ban in banned}:
        whole = hit([view for view in rows if is_hit(view, target, always=True)])
        own = TargetCost(hit([view for view in rows if is_hit(view, target)]), whole, whole.visitors)
        assert found.by_target.get(target, TargetCost()) == own


@settings(deadline=None)
@given(views_of, st.lists(st.sampled_from(TARGETS), unique=True))
def test_without_the_banned_only_others_are_left(rows: list[tuple[str | None, int, int]], targets: list[str]) -> None:
    left = without(as_views(rows), Targets(targets))["client_ip"].to_pylist()
    assert left == [row[0] for row in rows if not any(lies_in(row[0], target) for target in targets)]


def test_days_add_up_and_of_visitors_of_one_day_the_most_are_kept() -> None:
    decided = bans_of(as_decisions([("192.0.2.1", 0, 10)]))
    total = cost_of_day(as_views([("192.0.2.1", 0, 5), ("192.0.2.1", 1, 20), ("192.0.2.2", 2, 5)]), *decided)
    total.add(cost_of_day(as_views([("192.0.2.1", 0, 6)]), *decided))
    assert (total.people, total.banned, total.whole) == (Hit(4, 4), Hit(2, 2), Hit(3, 3))
    assert total.by_target == {"192.0.2.1": TargetCost(Hit(2, 2), Hit(3, 3), 2)}


def test_a_target_is_covered_by_itself_and_by_what_is_wider() -> None:
    known = Targets(["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"])
    assert [known.cover(one) for one in ("192.0.2.9", "192.0.2.0/24", "198.51.100.7", "2001:db8:1::/64")] == [True] * 4
    assert [known.cover(one) for one in ("198.51.100.0/24", "192.0.0.0/16", "2001:db9::/64")] == [False] * 3
