"""Hits → events: what each scenario saw. Patterns meet distinct values only; hits are compared by their numbers."""

from collections.abc import Callable, Mapping, Sequence
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
from transforms.detection.targets import code_targets
from transforms.distinct import Codes, Remembered, dictionary_codes, distinct

Mask = NDArray[np.bool_]
Patterns = tuple[str, ...]
PLACES: Final = ("log", "file", "line_number", "client_ip", "user_agent", "vhost", "status")
FIELDS: Final = ("path", "query", "referrer", "user_agent", "target")
BETWEEN: Final = "\n"  # path and query of a target; neither can hold the end of a line
NEEDED: Final = (*PLACES, "requested_at", "method", "path", "query", "referrer")


@dataclass(frozen=True)
class Column:
    """For each hit the position of its value, and of each list of patterns the values in which one occurs."""

    codes: Codes
    found: Mapping[Patterns, Mask]

    def matches(self, patterns: Patterns) -> Mask:
        """For each hit, whether one of the patterns occurs in its value."""
        return self.found[patterns][self.codes]


class Subjects:
    """What the patterns are looked for in: each column's values once, when a scenario first asks for it."""

    def __init__(self, hits: pa.Table, scenarios: Sequence[Scenario], known: Remembered) -> None:
        self.hits = hits
        self.known = known
        self.wanted = _wanted_patterns(scenarios)

    def method(self, allowed: Sequence[str]) -> Mask:
        codes, values = distinct(self.hits["method"])
        return np.asarray(pc.is_in(values, pa.array(allowed)))[codes]

    @cached_property
    def path(self) -> Column:
        return self._column("path")

    @cached_property
    def query(self) -> Column:
        return self._column("query")

    @cached_property
    def referrer(self) -> Column:
        return self._column("referrer")

    @cached_property
    def user_agent(self) -> Column:
        return self._column("user_agent")

    @cached_property
    def target(self) -> Column:
        """Path and query together, comments blanked."""
        paths, path_values = dictionary_codes(self.hits["path"])
        queries, query_values = dictionary_codes(self.hits["query"])
        missing = len(query_values)
        alone = self._searched("target", "path", path_values, _read_targets)
        asked = np.flatnonzero(queries != missing)
        pairs = pa.array(paths[asked] * (missing + 1) + queries[asked]).dictionary_encode()
        path, query = np.divmod(pairs.dictionary.to_numpy(), missing + 1)
        parts = [_with_missing(texts).take(where) for texts, where in ((path_values, path), (query_values, query))]
        with_query = self._searched("target", "pair", pc.binary_join_element_wise(*parts, BETWEEN), _read_targets)
        codes = paths.copy()
        codes[asked] = len(path_values) + 1 + pairs.indices.to_numpy()
        found = {patterns: np.append(alone[patterns], with_query[patterns]) for patterns in alone}
        return Column(codes, found)

    @cached_property
    def status(self) -> Codes:
        status: Codes = self.hits["status"].fill_null(0).to_numpy().astype(np.int64)
        return status

    def _column(self, field: str) -> Column:
        codes, dictionary = dictionary_codes(self.hits[field])
        return Column(codes, self._searched(field, field, dictionary, decode_texts))

    def _searched(
        self, field: str, part: str, dictionary: pa.Array, read: Callable[[pa.Array], pa.Array]
    ) -> dict[Patterns, Mask]:
        """For each text, and at the end for a missing one, whether a list of patterns occurs in it."""
        wanted = self.wanted[field]

        def search(new: Sequence[str | None]) -> Mask:
            values = read(pa.array(new, pa.string()).fill_null(""))
            return np.array([occurs(values, patterns) for patterns in wanted], bool).reshape(len(wanted), len(new)).T

        columns = self.known.look_up((part, wanted), search, dictionary)
        return dict(zip(wanted, columns, strict=True))


def _with_missing(texts: pa.Array) -> pa.Array:
    """The texts, and what a missing one is searched as."""
    return pa.concat_arrays([texts.fill_null(""), pa.array([""])])


def occurs(values: pa.Array, patterns: Sequence[str]) -> Mask:
    """For each value (binary), whether one of the patterns occurs in it."""
    pattern = "(?s)" + "|".join(f"(?:{pattern})" for pattern in patterns)
    return np.asarray(pc.match_substring_regex(values, pattern=pattern))


def _read_targets(texts: pa.Array) -> pa.Array:
    pairs = [text.partition(BETWEEN) for text in texts.to_pylist()]
    path, query = (decode_texts(pa.array([pair[part] for pair in pairs], pa.string())) for part in (0, 2))
    mark = pc.if_else(pc.equal(query, b""), b"", b"?")
    return blank_comments(pc.binary_join_element_wise(path, mark, query, b""))


def _wanted_patterns(scenarios: Sequence[Scenario]) -> dict[str, tuple[Patterns, ...]]:
    """All that is looked for in each column."""
    wanted: dict[str, dict[Patterns, None]] = {field: {} for field in FIELDS}
    for match in (match for scenario in scenarios for match in scenario.match):
        for field, patterns in (
            *(("path", match.path), ("path", match.not_path), ("query", match.query)),
            *(("user_agent", match.user_agent),),
        ):
            wanted[field] |= {patterns: None} if patterns else {}
        if match.payload:
            payload = load_payloads()[match.payload]
            for field in payload.fields:
                wanted[field][payload.patterns] = None
    return {field: tuple(lists) for field, lists in wanted.items()}


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
    known = known or Remembered()
    subjects = Subjects(unify(hits), scenarios, known)
    targets: dict[str, Codes] = {}
    if complete:
        groups = {scenario.group_by for scenario in scenarios}
        targets = {group: code_targets(subjects.hits["client_ip"], group, known) for group in groups}
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
