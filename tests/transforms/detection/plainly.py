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
    leak = scenario.bucket.leak
    level, at = timedelta(), None
    latest: dict[str | None, datetime] = {}
    before: str | None = None  # of the event before, "" if it has none
    filled = None
    bursts: list[dict[str, Any]] = []
    for event in events:
        now = event["occurred_at"]
        if event["step"]:
            if bursts and scenario.within and bursts[-1]["over"] and now - filled <= scenario.within:
                bursts[-1]["due"] = bursts[-1]["due"] or now
                bursts[-1]["events"].append(event)
            continue
        filled = now
        value = _value(event, scenario)
        is_new = scenario.count == "events" or value not in latest or now - latest[value] >= scenario.bucket.full
        latest[value] = now
        if scenario.count == "distinct target":
            is_new = is_new and (before is None or not grows(before, value or ""))
            before = value or ""
        dry = at is None or now - at >= level
        if not is_new:
            if not dry:
                bursts[-1]["events"].append(event)
            continue
        if dry:
            bursts.append({"over": None, "due": None, "events": []})
        level = leak + (timedelta() if dry else level - (now - at))
        at = now
        bursts[-1]["events"].append(event)
        if level > scenario.bucket.capacity * leak:
            bursts[-1]["over"] = bursts[-1]["over"] or now
    due = "due" if scenario.within else "over"
    return [(scenario.name, burst[due], burst["events"]) for burst in bursts if burst[due]]


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


def grows(before: str, after: str) -> bool:
    """Whether one is the other with one to twelve letters put in somewhere."""
    shorter, longer = sorted((before, after), key=len)
    more = len(longer) - len(shorter)
    return 1 <= more <= 12 and any(longer[:at] + longer[at + more :] == shorter for at in range(len(shorter) + 1))
