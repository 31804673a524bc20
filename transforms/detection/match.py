"""Hits → events: what each scenario saw. Patterns meet distinct values only; hits are compared by their numbers."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.scenario import Match, Payload, Scenario
from schemas.window import EVENTS
from transforms.detection.dictionaries import compact, unify
from transforms.detection.frequent import Frequent
from transforms.detection.load import load_payloads
from transforms.detection.subjects import Column, Mask, Subjects
from transforms.distinct import Codes, Remembered, dictionary_codes

PLACES: Final = ("log", "file", "line_number", "client_ip", "user_agent", "vhost", "status")
OF_EVENTS: Final = (*PLACES, "requested_at", "path")
NEEDED: Final = (*OF_EVENTS, "method", "query", "referrer")


def match_events(hits: pa.Table, scenarios: Sequence[Scenario], known: Remembered | None = None) -> pa.Table:
    """Hits (HITS, in any chunks) → EVENTS, by scenario; a hit without an address is none: nobody could be banned.

    What is in `known` is not searched again.
    """
    hits = unify(_with_client(hits))
    return _events(hits, matching_rows(hits, scenarios, known), scenarios)


def match_together(
    hits: Callable[[Sequence[str]], Iterable[pa.Table]], scenarios: Sequence[Scenario], known: Remembered
) -> pa.Table:
    """As `match_events`, of all hits that will be counted together; `hits` gives the columns of their blocks, twice.

    Targets are left out that have too few events to overflow a bucket.
    """
    frequent = Frequent(scenarios)
    for block in map(_with_client, hits(NEEDED)):
        frequent.add(block["client_ip"], matching_rows(unify(block), scenarios, known))
    blocks = zip(map(_with_client, hits(OF_EVENTS)), frequent.rows(), strict=True)
    return pa.concat_tables([EVENTS.empty_table(), *(_events(block, rows, scenarios) for block, rows in blocks)])


def frequent_events(events: Callable[[Sequence[str]], Iterable[pa.Table]], scenarios: Sequence[Scenario]) -> pa.Table:
    """EVENTS of the scenarios without those of targets that have too few; `events` gives their blocks, twice."""
    frequent = Frequent(scenarios)
    for block in events(("scenario", "client_ip")):
        codes, names = dictionary_codes(block["scenario"])
        numbers = {name: number for number, name in enumerate(names.to_pylist())}
        frequent.add(
            block["client_ip"], [np.flatnonzero(codes == numbers.get(scenario.name, -1)) for scenario in scenarios]
        )
    blocks = zip(events(EVENTS.names), frequent.rows(), strict=True)
    kept = (block.take(np.concatenate(rows)) for block, rows in blocks if rows)
    parts = [compact(dict(zip(part.column_names, part.columns, strict=True)), EVENTS) for part in kept]
    return pa.concat_tables([EVENTS.empty_table(), *parts])


def matching_rows(hits: pa.Table, scenarios: Sequence[Scenario], known: Remembered | None) -> list[Codes]:
    """For each scenario the numbers of the hits that it sees."""
    subjects = Subjects(hits, scenarios, known)
    return [
        np.flatnonzero(np.logical_or.reduce([_fits(subjects, match) for match in scenario.match]))
        for scenario in scenarios
    ]


def _with_client(hits: pa.Table) -> pa.Table:
    return hits.filter(pc.field("client_ip").is_valid()) if hits["client_ip"].null_count else hits


def _events(hits: pa.Table, rows: Sequence[Codes], scenarios: Sequence[Scenario]) -> pa.Table:
    found = [_seen(hits.take(numbers), scenario) for numbers, scenario in zip(rows, scenarios, strict=True)]
    return pa.concat_tables(found or [EVENTS.empty_table()])


def _seen(hits: pa.Table, scenario: Scenario) -> pa.Table:
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
