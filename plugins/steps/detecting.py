"""Events of open days → decisions: alerts are counted again where something was added, and each is decided on once."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from plugins.blocklist.decisions import Decision, Decisions, new_handle
from plugins.blocklist.terms import Past, rule_of
from plugins.databases import open_owners
from plugins.incidents.opening import open_incidents
from plugins.scenarios import scenarios_of
from plugins.steps.days import day_receipts, receipts_of_days, version_of
from plugins.store.records import read_record, write_record
from plugins.store.store import Store, Tell
from plugins.store.window import DECISIONS
from schemas.receipts import Receipt, Record
from schemas.refusals import RefusedError
from schemas.scenario import Scenario
from transforms.detection.count import Parts, count_parts, split_events
from transforms.detection.decide import BanRule, banning_alerts

Alert = dict[str, Any]  # a row of ALERTS
COPIED: Final = ("target", "scenario", "first_seen", "last_seen", "events", "outcome")
A_DAY: Final = timedelta(days=1)  # every bucket is dry by then


class Looked(Record):
    """What a day's alerts were last counted from."""

    version: str


@dataclass(frozen=True)
class Detected:
    """How many decisions are new, how many are in force, how many incidents are new, and which days were left out."""

    new: int
    active: int
    incidents: int = 0
    problems: tuple[str, ...] = ()


def detect(store: Store, actor: str, tell: Tell) -> Detected:
    """Decide on every alert of the open days that has no decision yet; again, it changes nothing.

    A day that cannot be read holds up no other. What is published follows with `publish_exports`.
    """
    store.check_setting()
    scenarios = scenarios_of(store.policy)
    with store.locks.held("detection"):
        receipts, problems = _read_receipts(store)
        decisions = Decisions(store)
        changed = [day for day, of_day in receipts.items() if _is_changed(store, day, of_day, scenarios)]
        new: list[Decision] = []
        incidents = 0
        if changed:
            new, incidents = _look_through(store, changed, [*receipts], problems, scenarios, decisions, actor, tell)
        if new:
            named = sorted({one.scenario for one in new})
            store.audit.append(store.clock(), actor, "decisions", new=len(new), scenarios=named)
    now = store.clock()
    active = len(decisions.active(now)) + sum(one.is_active(now) for one in new)
    return Detected(len(new), active, incidents, tuple(problems))


def _look_through(
    store: Store,
    changed: Sequence[date],
    readable: Sequence[date],
    problems: list[str],
    scenarios: Sequence[Scenario],
    decisions: Decisions,
    actor: str,
    tell: Tell,
) -> tuple[list[Decision], int]:
    """The new decisions on these days, and how many incidents are new; what is wrong with days that are left out is
    added to `problems`. `decisions` have not been read yet: these days are locked first.

    Their neighbours are read too, since a burst may span midnight.
    """
    near = [day for day in readable if any(abs(day - one) <= A_DAY for one in changed)]
    with store.writing(*near):
        current = receipts_of_days(store, [day for day in near if not store.marks.get(day)])
        tell(f"counting events of {len(current)} days")
        events, days = _read_events(store, current, problems)
        pa.default_memory_pool().release_unused()  # what reading took, for what follows
        with open_owners(store.policy) as owner_of:
            found, evidence = count_parts(events, scenarios, store.policy.allowed, owner_of, only_successes=True)
        rule = rule_of(store)
        touched = [
            alert
            for alert in banning_alerts(found, scenarios, store.policy.protected)
            if _touches(alert, changed, rule)
        ]
        reasons = {one.name: one.description for one in scenarios}
        new = _decide(store, touched, decisions, reasons, rule)
        decisions.add(new)
        seen = [alert for alert in found.to_pylist() if _touches(alert, changed, rule)]  # simulated ones too
        incidents = open_incidents(store, seen, evidence, reasons, actor)
        for day in days & set(changed):
            write_record(store.place("state"), _record(day), _version(store, current[day], day, scenarios))
    return new, incidents


def _read_receipts(store: Store) -> tuple[dict[date, list[Receipt]], list[str]]:
    """Of each day that may be read."""
    receipts: dict[date, list[Receipt]] = {}
    problems: list[str] = []
    days = sorted(store.readable_days())
    with suppress(RefusedError):  # else a day at a time tells which of them it holds up
        return receipts_of_days(store, days), problems
    for day in days:
        try:
            receipts[day] = day_receipts(store, day)
        except RefusedError as error:
            problems.append(f"attacks of {day} are not looked for: {error}")
    return receipts, problems


def _read_events(
    store: Store, receipts: Mapping[date, Sequence[Receipt]], problems: list[str]
) -> tuple[Parts, set[date]]:
    """The events of the days that can be read, and which days these are."""
    events: Parts = {}
    days = set()
    for day, of_day in receipts.items():
        sealed = [one for receipt in of_day for one in receipt.of_day(day) if one.kind == "events"]
        try:
            parts = split_events(store.window.get(one, store.keys.get(day, one.generation)) for one in sealed)
        except RefusedError as error:
            problems.append(f"attacks of {day} are not looked for: {error}")
            continue
        days.add(day)
        for name, chunks in parts.items():
            events.setdefault(name, []).extend(chunks)
    return events, days


def _decide(
    store: Store, alerts: Sequence[Alert], decisions: Decisions, reasons: Mapping[str, str], rule: BanRule
) -> list[Decision]:
    """A decision on each alert that has none, in the order of their overflows."""
    kept: dict[str, list[Decision]] = {alert["target"]: [] for alert in alerts}
    for one in decisions.on(kept):
        kept[one.target].append(one)
    past = {target: Past(rule, of_target, store.is_replay) for target, of_target in kept.items()}
    new = []
    for alert in alerts:
        before = past[alert["target"]]
        if not _is_decided(alert, before, store.is_replay):
            decided_at, until = _term(alert, before, rule, store)
            decision = Decision(
                decision=new_handle(),
                day=rule.day_of(alert["last_seen"]),
                decided_at=decided_at,
                until=until,
                reason=reasons[alert["scenario"]],
                decided_by="scenario",
                **{name: alert[name] for name in COPIED},
            )
            new.append(decision)
            before.add(decision, alert["overflowed_at"])
    return new


def _is_decided(alert: Alert, past: Past, is_replay: bool) -> bool:
    """Whether a decision rests on the same evidence, and the attack did not outlast the ban.

    A burst without a pause long enough is one alert, so who goes on when a ban has ended gets a further one; not so
    where a person lifted it. A replay decides once, as `decide` does. Two alerts of one run share no evidence.
    """
    sharing = past.sharing(alert["scenario"], alert["first_seen"], alert["last_seen"])
    return any(is_replay or one.lifted_at is not None or alert["last_seen"] <= one.until for one in sharing)


def _term(alert: Alert, past: Past, rule: BanRule, store: Store) -> tuple[datetime, datetime]:
    """When it is decided and until when it holds.

    A live store decides now, for logs may come late. What has been over for longer than a ban lasts blocks nobody any
    more: its address may be another's by now. It is decided on all the same, as ended when the ban would have been
    over, since people look at it and a further attack counts it.
    """
    last_seen, overflow, now = alert["last_seen"], alert["overflowed_at"], store.clock()
    if store.is_replay:
        until = overflow + past.lasts(overflow, overflow)
        return overflow, min(until, rule.closing(rule.day_of(overflow)))
    lasts = past.lasts(now, overflow)
    begins = now if now < last_seen + lasts else last_seen
    return now, min(begins + lasts, rule.closing(rule.day_of(last_seen)))


def _touches(alert: Alert, days: Collection[date], rule: BanRule) -> bool:
    return any(rule.day_of(alert["first_seen"]) <= day <= rule.day_of(alert["last_seen"]) for day in days)


def _is_changed(store: Store, day: date, receipts: Sequence[Receipt], scenarios: Sequence[Scenario]) -> bool:
    current = _version(store, receipts, day, scenarios)
    return read_record(store.place("state"), _record(day), Looked) != current


def _version(store: Store, receipts: Sequence[Receipt], day: date, scenarios: Sequence[Scenario]) -> Looked:
    """Changes with the day's events, with what they are counted by, and when all its decisions are lost."""
    has_decisions = store.window.kept_of(DECISIONS, day) is not None
    return Looked(version=f"{version_of(day, receipts, store, scenarios, ('events',))} {has_decisions}")


def _record(day: date) -> str:
    return f"detected/{day}.json"
