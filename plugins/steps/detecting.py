"""Events of open days → decisions: alerts are counted again where something was added, and each is decided on once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from plugins.store.records import remembered, write_record
from plugins.store.store import Store, Tell
from plugins.store.window import DECISIONS
from schemas.policy import policy_version
from schemas.receipts import Receipt, Record
from schemas.refusals import RefusedError
from schemas.scenario import Scenario
from transforms.detection.count import Parts, count_parts, split_events
from transforms.detection.decide import BanRule, banning_alerts
from transforms.detection.load import scenarios_version

Alert = dict[str, Any]  # a row of ALERTS
COPIED: Final = ("target", "scenario", "first_seen", "last_seen", "events", "outcome")
A_DAY: Final = timedelta(days=1)  # every bucket is dry by then


class Looked(Record):
    """What a day's alerts were last counted from; `stamp` tells without reading receipts that it is the same still."""

    version: str
    stamp: str = ""


@dataclass(frozen=True)
class Detected:
    """How many decisions are new, how many incidents are new, and which days were left out."""

    new: int
    incidents: int = 0
    problems: tuple[str, ...] = ()


def detect(store: Store, actor: str, tell: Tell) -> Detected:
    """Decide on every alert of the open days that has no decision yet; again, it changes nothing.

    A day that cannot be read holds up no other. What is published follows with `publish_exports`.
    """
    store.check_setting()
    scenarios = scenarios_of(store.policy)
    with store.locks.held("detection"):
        look = _Look(store, scenarios)
        changed, others = look.days()
        near = [day for day in (*changed, *others) if any(abs(day - one) <= A_DAY for one in changed)]
        new, incidents = _look_through(look, changed, sorted(near), actor, tell) if changed else ([], 0)
        look.file_days.remember()
        if new:
            named = sorted({one.scenario for one in new})
            store.audit.append(store.clock(), actor, "decisions", new=len(new), scenarios=named)
    return Detected(len(new), incidents, tuple(look.problems))


class _Look:
    """One look through the open days; `problems` says of days that cannot be read what is wrong with them."""

    def __init__(self, store: Store, scenarios: Sequence[Scenario]) -> None:
        self.store, self.scenarios = store, scenarios
        self.file_days = store.file_days(from_memory=True)
        self.rules = f"{policy_version(store.policy)} {scenarios_version(scenarios)}"
        self.problems: list[str] = []

    def days(self) -> tuple[list[date], list[date]]:
        """Those that changed since they were looked through, and the other ones that can be read."""
        state, days = self.store.place("state"), sorted(self.store.readable_days())
        before = {day: remembered(state, _record(day), Looked) or Looked(version="") for day in days}
        others = [day for day in days if before[day].stamp == self.stamp(day)]
        changed = []
        for day, receipts in self.receipts(day for day in days if day not in others).items():
            now = self.looked(day, receipts)
            if before[day].version == now.version:  # shards were merged, or another day stands in the same file
                write_record(state, _record(day), now)
                others.append(day)
            else:
                changed.append(day)
        return changed, others

    def receipts(self, days: Iterable[date]) -> dict[date, list[Receipt]]:
        """Of each of the days that may be read."""
        days = list(days)
        with suppress(RefusedError):  # else a day at a time tells which of them it holds up
            return receipts_of_days(self.store, days, self.file_days)
        receipts: dict[date, list[Receipt]] = {}
        for day in days:
            try:
                receipts[day] = day_receipts(self.store, day, self.file_days)
            except RefusedError as error:
                self.problems.append(f"attacks of {day} are not looked for: {error}")
        return receipts

    def stamp(self, day: date) -> str:
        """Another one wherever `version` may be."""
        return f"{self.file_days.stamp(day)} {self.rules} {self._has_decisions(day)}"

    def looked(self, day: date, receipts: Sequence[Receipt]) -> Looked:
        """Another version with the day's events, what they are counted by, and when all its decisions are lost."""
        version = version_of(day, receipts, self.store, self.scenarios, ("events",))
        return Looked(version=f"{version} {self._has_decisions(day)}", stamp=self.stamp(day))

    def _has_decisions(self, day: date) -> bool:
        return self.store.window.kept_of(DECISIONS, day) is not None


def _look_through(
    look: _Look, changed: Sequence[date], near: Sequence[date], actor: str, tell: Tell
) -> tuple[list[Decision], int]:
    """The new decisions on the changed days, and how many incidents are new.

    `near`: these days and their neighbours, which are read too, since a burst may span midnight.
    """
    store, scenarios = look.store, look.scenarios
    with store.writing(*near):
        receipts = look.receipts(day for day in near if not store.marks.get(day))
        tell(f"counting events of {len(receipts)} days")
        events, days = _read_events(store, receipts, look.problems)
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
        new = _decide(store, touched, reasons, rule)
        seen = [alert for alert in found.to_pylist() if _touches(alert, changed, rule)]  # simulated ones too
        incidents = open_incidents(store, seen, evidence, reasons, actor)
        for day in days & set(changed):
            write_record(store.place("state"), _record(day), look.looked(day, receipts[day]))
    return new, incidents


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


def _decide(store: Store, alerts: Sequence[Alert], reasons: Mapping[str, str], rule: BanRule) -> list[Decision]:
    """A decision on each alert that has none, in the order of their overflows; the days' locks are held."""
    decisions, new = Decisions(store), list[Decision]()
    began = min((rule.day_of(alert["first_seen"]) for alert in alerts), default=date.max)
    near = _pasts(decisions, alerts, rule, store.is_replay, began)  # what shares evidence has no older day
    alerts = [alert for alert in alerts if not _is_decided(alert, near[alert["target"]], store.is_replay)]
    if not alerts:
        return []
    past = _pasts(decisions, alerts, rule, store.is_replay)
    for alert in alerts:
        before = past[alert["target"]]
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
    decisions.add(new)
    return new


def _pasts(
    decisions: Decisions, alerts: Iterable[Alert], rule: BanRule, is_replay: bool, since: date = date.min
) -> dict[str, Past]:
    """By target of the alerts, what the decisions of the days since one mean for it."""
    kept: dict[str, list[Decision]] = {alert["target"]: [] for alert in alerts}
    for one in decisions.on(kept, since):
        kept[one.target].append(one)
    return {target: Past(rule, of_target, is_replay) for target, of_target in kept.items()}


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


def _record(day: date) -> str:
    return f"detected/{day}.json"
