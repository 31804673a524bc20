"""Events → alerts: a leaky bucket for each scenario and target, by its closed form instead of event by event."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.scenario import Scenario
from schemas.window import ALERTS, EVIDENCE
from transforms.detection.dictionaries import compact, unify
from transforms.detection.targets import name_targets

Ints = NDArray[np.int64]
Columns = dict[str, pa.ChunkedArray | pa.Array]

REFUSALS: Final = (401, 403, 404, 429)  # and all of 5xx
MICROSECOND: Final = timedelta(microseconds=1)


def find_alerts(events: pa.Table, scenarios: Sequence[Scenario], allowlist: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """EVENTS (in any order and chunks), and the addresses and networks never to ban → ALERTS and their EVIDENCE.

    A burst lasts from the moment a bucket was empty until it is empty again; one that overflows is one alert. Its
    evidence are all events of the target in that time, repeats of a distinct value included.
    Events are dropped whose target holds anything of the allow-list. `blocked`: every answer was a refusal.
    Alerts are numbered by the instant of overflow, then scenario, then target: the same for any order of shards.
    """
    events = unify(events)
    groups = {scenario.group_by for scenario in scenarios}
    targets = {group: name_targets(events["client_ip"], group, allowlist) for group in groups}
    alerts, evidence = [ALERTS.empty_table()], [EVIDENCE.empty_table()]
    for scenario in scenarios:
        own = events.append_column("target", targets[scenario.group_by])
        own = own.filter((pc.field("scenario") == scenario.name) & pc.field("target").is_valid())
        found, behind = _overflows(_sort(_frequent(own, scenario)), scenario, number=sum(map(len, alerts)))
        alerts.append(found)
        evidence.append(behind)
    return _renumber(pa.concat_tables(alerts), unify(pa.concat_tables(evidence)))


def bucket_levels(instants: Ints, targets: Ints, leak: int) -> Ints:
    """The level after each event, times `leak`; events sorted by target and instant, times in microseconds.

    The closed form: 1 + S_i - min(S_j, j <= i) with S_i = i - t_i / leak, here in whole numbers, so that a level is
    exact. The targets are laid end to end on one axis, each after the bucket of the one before has surely run dry.
    """
    gaps = np.diff(instants, prepend=instants[:1])
    starts = np.flatnonzero(np.diff(targets, prepend=-1))
    gaps[starts[1:]] = np.diff(starts) * leak
    surplus = leak * np.arange(len(instants)) - np.cumsum(gaps)
    levels: Ints = leak + surplus - np.minimum.accumulate(surplus)
    return levels


def _overflows(events: pa.Table, scenario: Scenario, number: int) -> tuple[pa.Table, pa.Table]:
    """Sorted events of one scenario → its ALERTS, numbered from `number`, and EVIDENCE."""
    counted = _counted(events, scenario)
    instants = events["occurred_at"].cast(pa.int64()).to_numpy()
    leak = scenario.bucket.leak // MICROSECOND
    levels = bucket_levels(instants[counted], _codes(events["target"])[counted], leak)
    bursts = np.cumsum(levels == leak)
    over = np.flatnonzero(levels > scenario.bucket.capacity * leak)
    alerting, first_over = np.unique(bursts[over], return_index=True)
    # A repeat belongs to the counted event before it, as long as the bucket has not run dry since.
    latest = np.searchsorted(counted, np.arange(len(events)), side="right") - 1
    is_inside = instants < (instants[counted] + levels)[latest]
    rows = np.flatnonzero(is_inside & np.isin(bursts[latest], alerting))
    numbers = number + np.searchsorted(alerting, bursts[latest][rows])
    behind = events.take(rows).append_column("alert", pa.array(numbers))
    overflows = events["occurred_at"].take(counted[over[first_over]])
    return _describe(behind, overflows), compact(dict(zip(behind.column_names, behind.columns, strict=True)), EVIDENCE)


def _describe(behind: pa.Table, overflows: pa.ChunkedArray) -> pa.Table:
    """The evidence of one scenario, alert by alert, and the instants of overflow → ALERTS."""
    numbers = behind["alert"].to_numpy()
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    sizes = np.diff(begins, append=len(numbers))
    alerts: Columns = {name: behind[name].take(begins) for name in ("alert", "scenario", "target")}
    alerts["first_seen"] = behind["occurred_at"].take(begins)
    alerts["last_seen"] = behind["occurred_at"].take(begins + sizes - 1)
    alerts["overflowed_at"] = overflows
    alerts["events"] = pa.array(sizes)
    alerts["outcome"] = _outcomes(behind, begins)
    return compact(alerts, ALERTS)


def _counted(events: pa.Table, scenario: Scenario) -> Ints:
    """The positions that fill the bucket: every event's, or the first of each distinct value of a target."""
    if scenario.count == "events":
        return np.arange(len(events))
    values = _codes(events["distinct"])
    _, first = np.unique(_codes(events["target"]) * (values.max(initial=0) + 2) + values, return_index=True)
    return np.sort(first)


def _frequent(events: pa.Table, scenario: Scenario) -> pa.Table:
    """Without the targets that have too few events to overflow a bucket; most have."""
    codes = _codes(events["target"])
    return events.filter(pa.array(np.bincount(codes)[codes] > scenario.bucket.capacity))


def _sort(events: pa.Table) -> pa.Table:
    """By target, instant and place in the logs."""
    instants = events["occurred_at"].cast(pa.int64()).to_numpy()
    keys = (events["line_number"].to_numpy(), _ranks(events["file"]), _ranks(events["log"]), instants)
    return events.take(np.lexsort((*keys, _codes(events["target"]))))


def _codes(column: pa.ChunkedArray) -> Ints:
    """For each row the number of its value in the dictionary; missing is the last."""
    coded = column.combine_chunks()
    codes: Ints = coded.indices.fill_null(len(coded.dictionary)).to_numpy().astype(np.int64)
    return codes


def _ranks(column: pa.ChunkedArray) -> Ints:
    """As `_codes`, in the order of the values, which no order of shards changes."""
    ranks = pc.rank(column.combine_chunks().dictionary).to_numpy()
    ordered: Ints = np.append(ranks, len(ranks) + 1)[_codes(column)]
    return ordered


def _outcomes(behind: pa.Table, begins: Ints) -> pa.Array:
    status = behind["status"].fill_null(0).to_numpy()
    refused = np.isin(status, REFUSALS) | (status // 100 == 5)
    return pc.if_else(pa.array(np.logical_and.reduceat(refused, begins)), "blocked", "attempted")


def _renumber(alerts: pa.Table, evidence: pa.Table) -> tuple[pa.Table, pa.Table]:
    keys = alerts.set_column(1, "scenario", alerts["scenario"].cast(pa.string()))
    order = pc.sort_indices(keys, [(name, "ascending") for name in ("overflowed_at", "scenario", "target")]).to_numpy()
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    behind = numbers[evidence["alert"].to_numpy()]
    evidence = evidence.set_column(0, EVIDENCE.field(0), pa.array(behind)).take(np.argsort(behind, kind="stable"))
    return alerts.take(order).set_column(0, ALERTS.field(0), pa.array(np.arange(len(order)))), evidence
