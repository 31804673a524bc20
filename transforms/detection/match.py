"""Hits → events: what each scenario saw. Patterns meet distinct values only; hits are compared by their numbers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.scenario import Match, Payload, Scenario
from schemas.window import EVENTS
from transforms.detection.dictionaries import compact, unify
from transforms.detection.frequent import Frequent
from transforms.detection.load import load_payloads
from transforms.detection.subjects import Mask, Subjects, own_patterns, unwanted_patterns
from transforms.distinct import Codes, Remembered, dictionary_codes

PLACES: Final = ("log", "file", "line_number", "client_ip", "user_agent", "vhost", "status", "bytes_sent")
OF_EVENTS: Final = (*PLACES, "requested_at", "path", "query")
NEEDED: Final = (*OF_EVENTS, "method", "protocol", "referrer")


@dataclass(frozen=True)
class Seen:
    """The numbers of the hits that a scenario sees, ascending; of each, whether it is a second step, or a success."""

    rows: Codes
    is_then: Mask
    is_success: Mask

    def at(self, places: Codes) -> Self:
        """Some of them."""
        return type(self)(self.rows[places], self.is_then[places], self.is_success[places])


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
    frequent, found = Frequent(scenarios), []
    for block in map(_with_client, hits(NEEDED)):
        seen = matching_rows(unify(block), scenarios, known)
        found.append(seen)
        frequent.add(block["client_ip"], [one.rows for one in seen])
    blocks = zip(map(_with_client, hits(OF_EVENTS)), found, frequent.places(), strict=True)
    parts = (
        _events(block, [one.at(places) for one, places in zip(seen, kept, strict=True)], scenarios)
        for block, seen, kept in blocks
    )
    return pa.concat_tables([EVENTS.empty_table(), *parts])


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


def matching_rows(hits: pa.Table, scenarios: Sequence[Scenario], known: Remembered | None) -> list[Seen]:
    """What each scenario sees of the hits."""
    subjects = Subjects(hits, scenarios, known)
    return [_rows_of(subjects, scenario) for scenario in scenarios]


def _rows_of(subjects: Subjects, scenario: Scenario) -> Seen:
    first, then = (_fits_any(subjects, matches) for matches in (scenario.match, scenario.then))
    rows = np.flatnonzero(first | then)
    return Seen(rows, (then & ~first)[rows], _fits_any(subjects, scenario.success)[rows])


def _fits_any(subjects: Subjects, matches: Sequence[Match]) -> Mask:
    fits = np.zeros(len(subjects.hits), np.bool_)
    for match in matches:
        fits |= _fits(subjects, match)
    return fits


def _with_client(hits: pa.Table) -> pa.Table:
    return hits.filter(pc.field("client_ip").is_valid()) if hits["client_ip"].null_count else hits


def _events(hits: pa.Table, seen: Sequence[Seen], scenarios: Sequence[Scenario]) -> pa.Table:
    pairs = zip(seen, scenarios, strict=True)
    found = [_events_of(hits.take(one.rows), one, scenario) for one, scenario in pairs if len(one.rows)]
    return pa.concat_tables(found or [EVENTS.empty_table()])


def _events_of(hits: pa.Table, seen: Seen, scenario: Scenario) -> pa.Table:
    columns = {name: hits[name] for name in PLACES}
    columns["scenario"] = pa.repeat(scenario.name, len(hits))
    columns["occurred_at"] = hits["requested_at"]
    columns["distinct"] = _distinct_texts(hits, scenario)
    columns["step"] = pa.array(seen.is_then.astype(np.int8))
    columns["success"] = pa.array(seen.is_success)
    return compact(columns, EVENTS)


def _distinct_texts(hits: pa.Table, scenario: Scenario) -> pa.Array | pa.ChunkedArray:
    if scenario.count == "distinct path":
        return hits["path"]
    if scenario.count == "distinct target":
        path, query = (hits[name].cast(pa.string()).fill_null("") for name in ("path", "query"))
        return pc.binary_join_element_wise(path, query, "?")
    return pa.nulls(len(hits), pa.string())


def _fits(subjects: Subjects, match: Match) -> Mask:
    fits = np.ones(len(subjects.hits), dtype=np.bool_)
    if match.methods:
        fits &= subjects.method(match.methods)
    if match.not_methods:
        fits &= ~subjects.method(match.not_methods)
    if match.status:
        fits &= subjects.status(match.status)
    if match.min_bytes:
        fits &= subjects.hits["bytes_sent"].to_numpy() >= match.min_bytes
    for field, patterns in own_patterns(match):
        fits &= subjects.column(field).matches(patterns)
    for field, patterns in unwanted_patterns(match):
        fits &= ~subjects.column(field).matches(patterns)
    if match.payload:
        fits &= _carries(subjects, load_payloads()[match.payload], match)
    if match.outside:
        fits = subjects.is_outside(match.outside, fits)
    return fits


def _carries(subjects: Subjects, payload: Payload, match: Match) -> Mask:
    fields = match.fields or payload.fields
    carries: Mask = np.logical_or.reduce([subjects.column(name).matches(payload.patterns) for name in fields])
    return carries
