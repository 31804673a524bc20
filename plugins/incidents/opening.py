"""Alerts that look successful → incidents, one for each attack, however often it is counted while it goes on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from plugins.blocklist.decisions import new_handle
from plugins.incidents.kept import Incident, all_incidents, incidents_of, put_incidents
from plugins.incidents.notices import get_notice, put_notice
from plugins.store.store import Store
from schemas.incidents import Notice
from transforms.detection.outcomes import SUCCESS

Alert = dict[str, Any]  # a row of ALERTS
Subject = tuple[str, str]  # target, scenario


def open_incidents(
    store: Store, alerts: Iterable[Alert], evidence: pa.Table, descriptions: Mapping[str, str], actor: str
) -> int:
    """Keep an incident of each alert that looks successful; returns how many are new.

    `evidence` is that of all alerts, `descriptions` are those of their scenarios, also of those that ban nobody. The
    locks of the alerts' days are held. A run that was killed is made up for by the next.
    """
    successes = [alert for alert in alerts if alert["outcome"] == SUCCESS]
    if not successes:
        return 0
    reached = _reached(evidence)
    before: defaultdict[Subject, list[Incident]] = defaultdict(list)
    for one in all_incidents(store):
        before[one.target, one.scenario].append(one)
    found = [
        _incident(
            store, alert, reached.get(alert["alert"]) or alert["last_seen"], before[_subject(alert)], descriptions
        )
        for alert in successes
    ]
    going = [one for one in found if one]
    changed = [one for one in going if one not in before[one.target, one.scenario]]
    _keep(store, changed, [one for same in before.values() for one in same])
    return _notice(store, going, actor)


def _incident(
    store: Store, alert: Alert, reached_at: datetime, before: Iterable[Incident], descriptions: Mapping[str, str]
) -> Incident | None:
    """The one of `before`, which are of its target and scenario, that goes on, or a new one.

    None where nothing was reached since a person assessed it.
    """
    day = alert["last_seen"].astimezone(store.calendar.zone).date()
    grown = {name: alert[name] for name in ("first_seen", "last_seen", "events")}
    assessed = [datetime.min.replace(tzinfo=reached_at.tzinfo)]
    for one in before:
        if one.first_seen <= alert["last_seen"] and alert["first_seen"] <= one.last_seen:  # one burst
            notice = get_notice(store, one.incident)
            if notice is None or notice.assessed_at is None:
                first_seen = min(one.first_seen, alert["first_seen"])
                return replace(one, **grown | {"first_seen": first_seen}, day=day, reached_at=reached_at)
            assessed.append(notice.assessed_at)
    if reached_at <= max(assessed):
        return None
    about = {"target": alert["target"], "scenario": alert["scenario"], "description": descriptions[alert["scenario"]]}
    return Incident(incident=new_handle(), day=day, **about, **grown, reached_at=reached_at, noticed_at=store.clock())


def _subject(alert: Alert) -> Subject:
    return alert["target"], alert["scenario"]


def _reached(evidence: pa.Table) -> dict[int, datetime]:
    """For each alert, when its last hit was that looks successful."""
    successes = evidence.filter(evidence["success"].fill_null(False))
    last = successes.group_by("alert").aggregate([("occurred_at", "max")])
    return dict(zip(last["alert"].to_pylist(), last["occurred_at_max"].to_pylist(), strict=True))


def _keep(store: Store, changed: Iterable[Incident], before: Iterable[Incident]) -> None:
    """One that goes on belongs to its newest day; it is kept there before it leaves the older one."""
    by_day: defaultdict[date, dict[str, Incident]] = defaultdict(dict)
    left = {one.incident: one.day for one in before}
    for one in changed:
        by_day[one.day][one.incident] = one
    for day, of_day in sorted(by_day.items(), reverse=True):
        put_incidents(store, day, ({one.incident: one for one in incidents_of(store, day)} | of_day).values())
    moved = {one.incident for one in changed if left.get(one.incident, one.day) != one.day}
    for day in sorted({left[incident] for incident in moved}):
        stays = [one for one in incidents_of(store, day) if one.incident not in moved or one in by_day[day].values()]
        put_incidents(store, day, stays)


def _notice(store: Store, incidents: Iterable[Incident], actor: str) -> int:
    """Note them where no address is; an incident is new as long as it has no notice."""
    new = [one for one in incidents if get_notice(store, one.incident) is None]
    if new:
        named = sorted({one.scenario for one in new})
        handles = [one.incident for one in new]
        store.audit.append(store.clock(), actor, "open incidents", new=len(new), scenarios=named, incidents=handles)
    for one in incidents:
        notice = get_notice(store, one.incident)
        if notice is None or notice.day != one.day:
            put_notice(
                store, Notice(incident=one.incident, scenario=one.scenario, day=one.day, noticed_at=one.noticed_at)
            )
    return len(new)
