"""Counting as one would write it down: one event after the other, each bucket with its level."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from schemas.scenario import Scenario
from transforms.detection.targets import name_targets

Event = dict[str, Any]
Alert = tuple[str, str, datetime, datetime, datetime, int]  # scenario, target, first, last, overflow, events


def alerts_of(events: Sequence[Event], scenario: Scenario, owner_of: Callable[[str], str | None]) -> list[Alert]:
    """The alerts of one scenario; every event is one of it."""
    buckets: defaultdict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda one: (one["occurred_at"], one["log"], one["file"], one["line_number"])):
        group = "address" if scenario.group_by == "owner" else scenario.group_by
        (target,) = name_targets([event["client_ip"]], group, [])
        bucket = owner_of(event["client_ip"]) if scenario.group_by == "owner" else target
        if bucket is not None:
            buckets[bucket].append({**event, "target": target})
    return sorted(alert for own in buckets.values() for burst in _bursts(own, scenario) for alert in _split(burst))


def _bursts(events: list[Event], scenario: Scenario) -> list[tuple[str, datetime, list[Event]]]:
    """Those that alert: when each is due, and its evidence."""
    level, of_targets = timedelta(), scenario.count == "distinct target"
    filled: list[tuple[datetime, str | None]] = []
    bursts: list[dict[str, Any]] = []
    for event in events:
        now = event["occurred_at"]
        if event["step"]:
            full = next((burst for burst in reversed(bursts) if burst["over"]), None)
            if full and scenario.within and now - full["last"] <= scenario.within:
                full["due"] = full["due"] or now
                full["events"].append(event)
            continue
        value = f"{len(filled)}" if scenario.count == "events" else _value(event, scenario)
        if not filled or now - filled[-1][0] >= level:
            bursts.append({"over": None, "due": None, "events": []})
        filled.append((now, value))
        stretches = [filled[begin:] for begin in range(len(filled))]
        level = max(_level(stretch, scenario, len) for stretch in stretches)
        bursts[-1]["events"].append(event)
        bursts[-1]["last"] = now
        most = max(_level(stretch, scenario, searches) for stretch in stretches) if of_targets else level
        if most > scenario.bucket.capacity * scenario.bucket.leak:
            bursts[-1]["over"] = bursts[-1]["over"] or now
    due = "due" if scenario.within else "over"
    return [(scenario.name, burst[due], burst["events"]) for burst in bursts if burst[due]]


def _level(
    stretch: list[tuple[datetime, str | None]], scenario: Scenario, count: Callable[[set[str | None]], int]
) -> timedelta:
    """What a stretch of events makes: its distinct values, less what has leaked since it began."""
    return count({value for _, value in stretch}) * scenario.bucket.leak - (stretch[-1][0] - stretch[0][0])


def _split(burst: tuple[str, datetime, list[Event]]) -> list[Alert]:
    name, due, events = burst
    own: defaultdict[str, list[datetime]] = defaultdict(list)
    for event in events:
        own[event["target"]].append(event["occurred_at"])
    return [
        (name, target, moments[0], moments[-1], max(due, moments[0]), len(moments)) for target, moments in own.items()
    ]


def _value(event: Event, scenario: Scenario) -> str | None:
    if scenario.count == "distinct address":
        return name_targets([event["client_ip"]], "address", [])[0]
    return event["user_agent"] if scenario.count == "distinct user_agent" else event["distinct"]


def searches(targets: set[str | None]) -> int:
    """How many are not typed on, for the field of the query of which it is fewest."""
    parts = [(target or "").partition("?") for target in targets]
    fields = {(path, *query.split("&")) for path, _, query in parts}
    return min(
        sum(not any(_is_typed_on(one, other, field) for other in fields) for one in fields)
        for field in range(1, max(map(len, fields)))
    )


def _is_typed_on(one: tuple[str, ...], other: tuple[str, ...], field: int) -> bool:
    if one == other or field >= len(other):
        return False
    begun = one[field] if field < len(one) else ""
    return other[field].startswith(begun) and one[:field] == other[:field] and one[field + 1 :] == other[field + 1 :]
