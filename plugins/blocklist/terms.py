"""How long a ban lasts: the policy's rule, and what was decided before on the same target."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from plugins.blocklist.decisions import Decision
from plugins.store.store import Store
from transforms.detection.decide import BanRule, Earlier
from transforms.visits.days import start_of_day


def rule_of(store: Store) -> BanRule:
    """The rule of the store's policy; a longer window counts when the last day with a shorter one has closed."""
    oldest = min(store.open_days(), default=store.calendar.today())
    window = store.calendar.deadline(oldest) - start_of_day(oldest, store.calendar.zone)
    return BanRule(store.policy.blocklist.ban, window, store.calendar.zone)


class Past:
    """The decisions on one target, as they bear on the next one."""

    def __init__(self, rule: BanRule, decisions: Iterable[Decision] = (), is_replay: bool = False) -> None:
        self.rule = rule
        self.earlier: list[Earlier] = []
        self.by_scenario: defaultdict[str, list[Decision]] = defaultdict(list)
        for decision in sorted(decisions, key=lambda one: one.last_seen):
            self.by_scenario[decision.scenario].append(decision)
            self.add(decision, decision.decided_at if is_replay else None)

    def add(self, decision: Decision, overflow: datetime | None) -> None:
        """Let it double the next ban; not if it was lifted, for a person found that it should not have been.

        `overflow` is the instant of the event that was decided on, where that may be later than that of the next one.
        """
        if decision.lifted_at is None:
            day = min(decision.day, self.rule.day_of(decision.decided_at))
            self.earlier.append(Earlier(overflow, self.rule.closing(day)))

    def lasts(self, moment: datetime, overflow: datetime) -> timedelta:
        """How long a further ban lasts, for what overflowed then."""
        return self.rule.lasts(moment, overflow, reversed(self.earlier))

    def sharing(self, scenario: str, first_seen: datetime, last_seen: datetime) -> Iterator[Decision]:
        """The decisions of a scenario, of those it began with, that rest on evidence of this time."""
        of_scenario = self.by_scenario[scenario]
        begin = bisect_left(of_scenario, first_seen, key=lambda one: one.last_seen)
        return (one for one in of_scenario[begin:] if one.first_seen <= last_seen)
