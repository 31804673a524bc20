"""Hits → events: what each scenario saw. Patterns meet distinct values only; hits are compared by their numbers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.scenario import Match, Payload, Scenario
from schemas.window import EVENTS
from transforms.detection.dictionaries import compact, unify
from transforms.detection.load import load_payloads
from transforms.detection.subjects import Column, Mask, Subjects
from transforms.detection.targets import code_targets
from transforms.distinct import Codes, Remembered

PLACES: Final = ("log", "file", "line_number", "client_ip", "user_agent", "vhost", "status")
NEEDED: Final = (*PLACES, "requested_at", "method", "path", "query", "referrer")


def match_events(
    hits: pa.Table, scenarios: Sequence[Scenario], *, complete: bool = False, known: Remembered | None = None
) -> pa.Table:
    """Hits (HITS, in any chunks) → EVENTS, by scenario; a hit without an address is none: nobody could be banned.

    `complete`: these are all hits that will be counted together, so that targets are left out which have too few to
    overflow a bucket. Most have. What is in `known` is not searched again.
    """
    hits = hits.select(NEEDED)
    if hits["client_ip"].null_count:
        hits = hits.filter(pc.field("client_ip").is_valid())
    subjects = Subjects(unify(hits), scenarios, known)
    targets: dict[str, Codes] = {}
    if complete:
        groups = {scenario.group_by for scenario in scenarios}
        targets = {group: code_targets(subjects.hits["client_ip"], group) for group in groups}
    found = [_events(subjects, scenario, targets.get(scenario.group_by)) for scenario in scenarios]
    return pa.concat_tables(found or [EVENTS.empty_table()])


def _events(subjects: Subjects, scenario: Scenario, targets: Codes | None) -> pa.Table:
    rows = np.flatnonzero(np.logical_or.reduce([_fits(subjects, match) for match in scenario.match]))
    if targets is not None:
        rows = rows[np.bincount(targets[rows])[targets[rows]] > scenario.bucket.capacity]
    hits = subjects.hits.take(rows)
    columns = {name: hits[name] for name in PLACES}
    columns["scenario"] = pa.repeat(scenario.name, len(hits))
    columns["occurred_at"] = hits["requested_at"]
    columns["distinct"] = hits["path"] if scenario.count == "distinct path" else pa.nulls(len(hits), pa.string())
    return compact(columns, EVENTS)


def _fits(subjects: Subjects, match: Match) -> Mask:
    fits = np.ones(len(subjects.hits), dtype=np.bool_)
    if match.methods:
        fits &= subjects.method(match.methods)
    if match.status:
        fits &= _has_status(subjects.status, match.status)
    if match.path:
        fits &= subjects.path.matches(match.path)
    if match.not_path:
        fits &= ~subjects.path.matches(match.not_path)
    if match.query:
        fits &= subjects.query.matches(match.query)
    if match.user_agent:
        fits &= subjects.user_agent.matches(match.user_agent)
    if match.payload:
        fits &= _carries(subjects, load_payloads()[match.payload])
    return fits


def _carries(subjects: Subjects, payload: Payload) -> Mask:
    columns: dict[str, Column] = {field: getattr(subjects, field) for field in payload.fields}
    carries: Mask = np.logical_or.reduce([column.matches(payload.patterns) for column in columns.values()])
    return carries


def _has_status(status: NDArray[np.int64], allowed: Sequence[int | str]) -> Mask:
    codes = [code for code in allowed if isinstance(code, int)]
    classes = [int(name[0]) for name in allowed if isinstance(name, str)]
    return np.isin(status, codes) | np.isin(status // 100, classes)
