"""Hits → events: what each scenario saw. Patterns meet distinct values only; hits are compared by their numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.scenario import Match, Payload, Scenario
from schemas.window import EVENTS
from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.dictionaries import compact, unify
from transforms.detection.load import load_payloads
from transforms.detection.targets import count_targets
from transforms.distinct import distinct

Mask = NDArray[np.bool_]
PLACES: Final = ("log", "file", "line_number", "client_ip", "user_agent", "vhost", "status")
NEEDED: Final = (*PLACES, "requested_at", "method", "path", "query", "referrer")


@dataclass(frozen=True)
class Column:
    """A column's distinct values (binary), and for each hit the position of its own; a missing value is empty."""

    values: pa.Array
    codes: NDArray[np.int64]

    def matches(self, patterns: Sequence[str]) -> Mask:
        """For each hit, whether one of the patterns occurs in its value."""
        pattern = "(?s)" + "|".join(f"(?:{pattern})" for pattern in patterns)
        return self.where(pc.match_substring_regex(self.values, pattern=pattern))

    def where(self, holds: pa.Array) -> Mask:
        return np.asarray(holds)[self.codes]


class Subjects:
    """What the patterns are looked for in: each column decoded once, when a scenario first asks for it."""

    def __init__(self, hits: pa.Table) -> None:
        self.hits = hits

    @cached_property
    def method(self) -> Column:
        return _column(self.hits["method"], lambda values: values.cast(pa.binary()))

    @cached_property
    def path(self) -> Column:
        return _column(self.hits["path"], decode_texts)

    @cached_property
    def query(self) -> Column:
        return _column(self.hits["query"], decode_texts)

    @cached_property
    def referrer(self) -> Column:
        return _column(self.hits["referrer"], decode_texts)

    @cached_property
    def user_agent(self) -> Column:
        return _column(self.hits["user_agent"], decode_texts)

    @cached_property
    def target(self) -> Column:
        """Path and query together, comments blanked."""
        pairs = pa.array(self.path.codes * len(self.query.values) + self.query.codes).dictionary_encode()
        paths, queries = np.divmod(pairs.dictionary.to_numpy(), len(self.query.values))
        query = self.query.values.take(queries)
        mark = pc.if_else(pc.equal(query, b""), b"", b"?")
        values = pc.binary_join_element_wise(self.path.values.take(paths), mark, query, b"")
        return Column(blank_comments(values), pairs.indices.to_numpy())

    @cached_property
    def status(self) -> NDArray[np.int64]:
        status: NDArray[np.int64] = self.hits["status"].fill_null(0).to_numpy().astype(np.int64)
        return status


def _column(values: pa.ChunkedArray, read: Callable[[pa.Array], pa.Array]) -> Column:
    """A dictionary column → its values that occur, as `read` reads them."""
    codes, found = distinct(values)
    return Column(read(found).fill_null(b""), codes)


def match_events(hits: pa.Table, scenarios: Sequence[Scenario], *, complete: bool = False) -> pa.Table:
    """Hits (HITS, in any chunks) → EVENTS, by scenario; a hit without an address is none: nobody could be banned.

    `complete`: these are all hits that will be counted together, so that targets are left out which have too few to
    overflow a bucket. Most have.
    """
    hits = hits.select(NEEDED)
    if hits["client_ip"].null_count:
        hits = hits.filter(pc.field("client_ip").is_valid())
    subjects = Subjects(unify(hits))
    counts = {}
    if complete:
        groups = {scenario.group_by for scenario in scenarios}
        counts = {group: count_targets(subjects.hits["client_ip"], group) for group in groups}
    found = [_events(subjects, scenario, counts.get(scenario.group_by)) for scenario in scenarios]
    return pa.concat_tables(found or [EVENTS.empty_table()])


def _events(subjects: Subjects, scenario: Scenario, counts: NDArray[np.int64] | None) -> pa.Table:
    fits = np.logical_or.reduce([_fits(subjects, match) for match in scenario.match])
    if counts is not None:
        fits &= counts > scenario.bucket.capacity
    hits = subjects.hits.take(np.flatnonzero(fits))
    columns = {name: hits[name] for name in PLACES}
    columns["scenario"] = pa.repeat(scenario.name, len(hits))
    columns["occurred_at"] = hits["requested_at"]
    columns["distinct"] = hits["path"] if scenario.count == "distinct path" else pa.nulls(len(hits), pa.string())
    return compact(columns, EVENTS)


def _fits(subjects: Subjects, match: Match) -> Mask:
    fits = np.ones(len(subjects.hits), dtype=np.bool_)
    if match.methods:
        fits &= subjects.method.where(pc.is_in(subjects.method.values, pa.array(match.methods, pa.binary())))
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
