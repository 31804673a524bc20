"""Alerts → decisions: whom to ban, from when, until when."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas.scenario import Scenario
from schemas.window import DECISIONS
from transforms.visits.days import start_of_day

MOST_DOUBLINGS: Final = 16  # far beyond any window


def decide(
    alerts: pa.Table, scenarios: Sequence[Scenario], ban: timedelta, window: timedelta, timezone: str
) -> pa.Table:
    """ALERTS → DECISIONS, one for each alert of a scenario in mode `ban`, by the instant of decision.

    A decision is made at the event that overflowed, so what follows that event never changes it. `ban` doubles for
    each earlier decision on the target whose day is still in the window, and ends at the latest when the day of the
    overflow, in `timezone`, closes: at the start of that day plus `window`.
    """
    zone = ZoneInfo(timezone)
    banning = {scenario.name for scenario in scenarios if scenario.mode == "ban"}
    earlier: defaultdict[str, list[datetime]] = defaultdict(list)  # closings by target, ascending
    decisions = []
    for scenario, target, moment in _in_order(alerts):
        if scenario not in banning:
            continue
        closings = earlier[target]
        repeats = len(closings) - bisect_right(closings, moment)
        closing = start_of_day(moment.astimezone(zone).date(), zone) + window
        until = min(moment + min(ban, window) * 2 ** min(repeats, MOST_DOUBLINGS), closing)
        decisions.append({"target": target, "scenario": scenario, "decided_at": moment, "until": until})
        closings.append(closing)
    return pa.Table.from_pylist(decisions, schema=DECISIONS)


def _in_order(alerts: pa.Table) -> list[tuple[str, str, datetime]]:
    columns = [alerts[name].to_pylist() for name in ("scenario", "target", "overflowed_at")]
    return sorted(zip(*columns, strict=True), key=lambda alert: (alert[2], alert[0], alert[1]))
