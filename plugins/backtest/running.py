"""A scenario over the whole window, as if it had been in force: whom it would have banned, and what that had cost."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from plugins.blocklist.decisions import Decisions
from plugins.blocklist.terms import rule_of
from plugins.databases import open_owners
from plugins.steps.days import look_at_day, receipts_of_days
from plugins.store.store import Store, Tell
from plugins.store.window import DamagedError
from schemas.refusals import RefusedError
from schemas.scenario import Scenario
from schemas.window import EVENTS, HITS
from transforms.detection.banned import Targets
from transforms.detection.cost import Cost, TargetCost, bans_of, cost_of_day, without
from transforms.detection.count import find_alerts
from transforms.detection.decide import decide
from transforms.detection.match import NEEDED, match_events, match_together
from transforms.detection.match_errors import match_errors
from transforms.detection.outcomes import WORST_LAST
from transforms.distinct import Remembered
from transforms.statistics.blocks import Blocks, in_blocks, join_all
from transforms.statistics.coded import Context
from transforms.statistics.people import pageviews
from transforms.statistics.visitors import spell_clients

SHARED: Final = 5  # visitors on one day from which on an address looks like that of several people


@dataclass(frozen=True)
class Found:
    """A target with alerts. `until` is None where it would not have been banned, since the policy protects it."""

    target: str
    first_seen: datetime
    last_seen: datetime
    alerts: int
    events: int
    outcome: str
    until: datetime | None
    is_known: bool  # it was banned anyway: because of another scenario, or by hand
    cost: TargetCost

    @property
    def is_shared(self) -> bool:
        return self.cost.most >= SHARED


@dataclass(frozen=True)
class Backtest:
    """`targets` are those that would have been banned first, then by the people they would have cost; `evidence` is
    EVIDENCE of their alerts. `fits_any`: whether any line is an event of the scenario."""

    scenario: Scenario
    hits: int
    fits_any: bool
    targets: list[Found]
    cost: Cost
    alerts: pa.Table
    evidence: pa.Table
    days: tuple[date, ...]

    @property
    def banned(self) -> list[Found]:
        return [one for one in self.targets if one.until]


def count_hits(store: Store) -> int:
    """How many hits a backtest would look through."""
    receipts = receipts_of_days(store, store.readable_days(), store.file_days(from_memory=True)).items()
    parts = (part for day, of_day in receipts for receipt in of_day for part in receipt.of_day(day))
    return sum(part.rows for part in parts if part.kind == "hits")


def backtest(store: Store, scenario: Scenario, tell: Tell, most_alerts: int | None = None) -> Backtest:
    """Match, count and decide anew, in the clock of the log; nothing is kept. A scenario that only simulates bans here.

    Nobody is held up: where a day is closed or written anew on the way, all is read once more. RefusedError for a
    rule with more than `most_alerts`.
    """
    try:
        return _run(store, scenario, tell, most_alerts)
    except (DamagedError, FileNotFoundError):
        return _run(store, scenario, tell, most_alerts)


def _run(store: Store, scenario: Scenario, tell: Tell, most_alerts: int | None) -> Backtest:
    acting = scenario.model_copy(update={"mode": "ban"})
    days, errors = _open_days(store, acting, tell)
    hits = join_all(Blocks([], 0, HITS), *days.values())
    tell(f"matching {len(hits):,} hits")
    known_texts = Remembered()
    of_hits = match_together(lambda columns: map(spell_clients, hits.read(columns)), [acting], known_texts)
    events = pa.concat_tables([EVENTS.empty_table(), of_hits, *errors])
    with open_owners(store.policy) as owner_of:
        alerts, evidence = find_alerts(events, [acting], store.policy.allowed, owner_of)
    if most_alerts is not None and len(alerts) > most_alerts:
        raise RefusedError(
            f"{scenario.name} would have raised {len(alerts):,} alerts: it is much too wide; narrow its patterns, or "
            "let it count more before it acts"
        )
    decisions = decide(alerts, [acting], rule_of(store), store.policy.protected)
    known = _known_targets(store, scenario)
    cost = _add_up(store, days, decisions, known, tell)
    fits_any = len(events) > 0 or any(len(match_events(one, [acting], known_texts)) for one in hits.read(NEEDED))
    targets = _by_target(alerts, decisions, known, cost)
    return Backtest(scenario, len(hits), fits_any, targets, cost, alerts, evidence, tuple(days))


def _open_days(store: Store, scenario: Scenario, tell: Tell) -> tuple[dict[date, Blocks], list[pa.Table]]:
    """The hits of the open days, opened when they are looked at, and what the scenario sees of their error logs."""
    hits, events = {}, []
    for day in sorted(store.readable_days()):
        tell(f"opening {day}")
        loaded = look_at_day(store, day)
        events.append(match_errors(spell_clients(loaded.errors.unify_dictionaries()), [scenario]))
        hits[day] = in_blocks(loaded.hits)
    return hits, events


def _known_targets(store: Store, scenario: Scenario) -> Targets:
    """Whom something else has banned: they are no people that this scenario would cost."""
    others = {one.target for one in Decisions(store).all() if one.scenario != scenario.name and not one.lifted_at}
    return Targets(sorted(others))


def _add_up(store: Store, hits: Mapping[date, Blocks], decisions: pa.Table, known: Targets, tell: Tell) -> Cost:
    (targets, terms), whole = bans_of(decisions), Cost()
    context = Context(store.policy)
    for day, of_day in hits.items():
        tell(f"counting the people of {day}")
        whole.add(cost_of_day(without(pageviews(of_day, context), known), targets, terms))
    return whole


def _by_target(alerts: pa.Table, decisions: pa.Table, known: Targets, cost: Cost) -> list[Found]:
    until: dict[str, datetime] = {}
    for row in decisions.sort_by("until").to_pylist():
        until[row["target"]] = row["until"]
    of_target: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in alerts.to_pylist():
        of_target[row["target"]].append(row)
    found = [
        Found(
            target=target,
            first_seen=min(one["first_seen"] for one in own),
            last_seen=max(one["last_seen"] for one in own),
            alerts=len(own),
            events=sum(one["events"] for one in own),
            outcome=max((one["outcome"] for one in own), key=WORST_LAST.index),
            until=until.get(target),
            is_known=known.cover(target),
            cost=cost.by_target.get(target, TargetCost()),
        )
        for target, own in sorted(of_target.items())
    ]
    return sorted(found, key=lambda one: (not one.until, -one.cost.banned.pageviews, -one.events, one.first_seen))
