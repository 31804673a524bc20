"""Alerts → decisions: whom to ban, from when, until when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas.scenario import Scenario
from schemas.window import DECISIONS
from transforms.detection.targets import NEVER, Network, Ranges
from transforms.visits.days import start_of_day

MOST_DOUBLINGS: Final = 16  # far beyond any window


class Earlier(NamedTuple):
    """A decision, as it bears on later ones on its target; it bears until `closing`, when its evidence is gone."""

    overflowed_at: datetime | None  # None: it was made before any that it may bear on
    closing: datetime

    def is_before(self, overflow: datetime, moment: datetime) -> bool:
        """Whether it doubles a ban that is decided on at `moment`; what one event makes overflow is no repetition."""
        return moment < self.closing and (self.overflowed_at is None or self.overflowed_at < overflow)


@dataclass(frozen=True)
class BanRule:
    """How long a ban lasts: `ban`, doubled for each earlier decision on the target, and never beyond a closing."""

    ban: timedelta
    window: timedelta
    zone: ZoneInfo

    def closing(self, day: date) -> datetime:
        """When nothing of the day may be left, so no decision on its evidence either."""
        return start_of_day(day, self.zone) + self.window

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def lasts(self, moment: datetime, overflow: datetime, earlier: Iterable[Earlier]) -> timedelta:
        """`earlier`: the decisions on the target, newest first; what overflowed then is decided on at `moment`."""
        before = (one for one in earlier if one.is_before(overflow, moment))
        return min(self.ban, self.window) * (1 << sum(1 for _ in islice(before, MOST_DOUBLINGS)))


def decide(
    alerts: pa.Table, scenarios: Sequence[Scenario], rule: BanRule, protected: Sequence[Network] = ()
) -> pa.Table:
    """ALERTS → DECISIONS, one for each alert of a scenario in mode `ban`, by the instant of decision.

    A decision is made at the event that overflowed, so what follows that event never changes it. It ends at the latest
    when the day of the overflow closes.
    """
    earlier: defaultdict[str, list[Earlier]] = defaultdict(list)  # by target, ascending
    decisions = []
    for alert in banning_alerts(alerts, scenarios, protected):
        target, moment = alert["target"], alert["overflowed_at"]
        closing = rule.closing(rule.day_of(moment))
        until = min(moment + rule.lasts(moment, moment, reversed(earlier[target])), closing)
        decisions.append({"target": target, "scenario": alert["scenario"], "decided_at": moment, "until": until})
        earlier[target].append(Earlier(moment, closing))
    return pa.Table.from_pylist(decisions, schema=DECISIONS)


def banning_alerts(
    alerts: pa.Table, scenarios: Sequence[Scenario], protected: Sequence[Network]
) -> list[dict[str, Any]]:
    """The alerts of scenarios in mode `ban`, in the order in which they are decided on.

    Nobody is banned who is `protected`, or no address of the internet.
    """
    banning = {scenario.name for scenario in scenarios if scenario.mode == "ban"}
    rows = [alert for alert in alerts.to_pylist() if alert["scenario"] in banning]
    never = Ranges((*NEVER, *protected))
    rows = [alert for alert in rows if not never.meet(alert["target"])]
    return sorted(rows, key=lambda alert: (alert["overflowed_at"], alert["scenario"], alert["target"]))
